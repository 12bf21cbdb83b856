# Writes reference.csv from cases.csv. Run in this folder: Rscript reference.R
# Made with R 4.2.2 and pROC 1.18.0 (DeLong, roc.test, coords), and base R (binom.test, glm, p.adjust).
suppressMessages(library(pROC))
cases <- read.csv("cases.csv")
rows <- list()
put <- function(name, value) rows[[length(rows) + 1]] <<- data.frame(name = name, value = unname(value))
curves <- lapply(c(sharp = "sharp", coarse = "coarse", weak = "weak"), function(m)
  roc(cases$label, cases[[m]], levels = c(0, 1), direction = "<", quiet = TRUE))

for (m in names(curves)) {
  ci <- ci.auc(curves[[m]], method = "delong")
  put(paste("auc", m), ci[2])
  put(paste("auc low", m), ci[1])
  put(paste("auc high", m), ci[3])
  for (s in c(0.80, 0.90, 0.95)) {
    all <- coords(curves[[m]], "all", ret = c("sensitivity", "specificity"), transpose = FALSE)
    put(paste("specificity at", s, m), max(all$specificity[all$sensitivity >= s - 1e-12]))
  }
}
pvalues <- c()
for (m in c("coarse", "weak")) {
  test <- roc.test(curves[["sharp"]], curves[[m]], method = "delong", paired = TRUE)
  put(paste("delong p sharp", m), test$p.value)
  put(paste("delong z sharp", m), test$statistic)
  pvalues <- c(pvalues, test$p.value)
}
put("holm p coarse", p.adjust(pvalues, "holm")[1])
put("holm p weak", p.adjust(pvalues, "holm")[2])
five <- c(0.011, 0.04, 0.02, 0.013, 0.9)
for (i in 1:5) put(paste("holm five", i), p.adjust(five, "holm")[i])

for (m in c("sharp", "weak")) {
  l <- qlogis(cases[[m]])
  slope <- glm(cases$label ~ l, family = binomial, control = glm.control(epsilon = 1e-14))
  large <- glm(cases$label ~ offset(l), family = binomial, control = glm.control(epsilon = 1e-14))
  for (pair in list(list("slope", slope, "l"), list("line intercept", slope, "(Intercept)"),
                    list("intercept in the large", large, "(Intercept)"))) {
    ci <- confint.default(pair[[2]])[pair[[3]], ]
    put(paste(pair[[1]], m), coef(pair[[2]])[pair[[3]]])
    put(paste(pair[[1]], "low", m), ci[1])
    put(paste(pair[[1]], "high", m), ci[2])
  }
}

right <- function(m) (cases[[m]] > 0.5) == (cases$label == 1)
for (group in list(list("all", cases$label >= 0), list("positives", cases$label == 1), list("negatives", cases$label == 0))) {
  b <- sum(right("sharp") & !right("weak") & group[[2]])
  c <- sum(!right("sharp") & right("weak") & group[[2]])
  put(paste("mcnemar only sharp", group[[1]]), b)
  put(paste("mcnemar only weak", group[[1]]), c)
  put(paste("mcnemar p", group[[1]]), binom.test(b, b + c, 0.5)$p.value)
}
for (t in c(0.2, 0.5, 0.8)) {
  hit <- binom.test(sum(cases$sharp > t & cases$label == 1), sum(cases$label == 1))
  clear <- binom.test(sum(cases$sharp <= t & cases$label == 0), sum(cases$label == 0))
  put(paste("sensitivity", t), hit$estimate)
  put(paste("sensitivity low", t), hit$conf.int[1])
  put(paste("sensitivity high", t), hit$conf.int[2])
  put(paste("specificity", t), clear$estimate)
  put(paste("specificity low", t), clear$conf.int[1])
  put(paste("specificity high", t), clear$conf.int[2])
}
table <- do.call(rbind, rows)
table$value <- format(table$value, digits = 15, scientific = FALSE, trim = TRUE)
write.csv(table, "reference.csv", row.names = FALSE, quote = FALSE)
