# Answers for tests/oracle/test_effect_oracle.py: Rscript tests/oracle/r/effect.R, written to effect.csv beside it.
# R 4.2.2. The tables are small and made up.
inside <- c(9, 1, 14, 8, 17, 6, 5, 9, 0, 11, 2, 3)
other <- c(31, 28, 40, 35, 30, 33, 25, 30, 27, 29, 22, 26)
during <- rep(c(0, 1), each = 6)
exact <- list(epsilon = 1e-14, maxit = 100)
rows <- list()
keep <- function(name, value) rows[[length(rows) + 1]] <<- data.frame(name, value = sprintf("%.12g", value))

# The share of the inside, month by month: quasi-binomial, and the log ratio of rate ratios.
share <- summary(glm(cbind(inside, other) ~ during, family = quasibinomial, control = exact))
keep("share_estimate", share$coefficients["during", "Estimate"])
keep("share_error", share$coefficients["during", "Std. Error"])
keep("share_dispersion", share$dispersion)
# The same as a Poisson model of both series with an effect of each month: the two must agree.
rowsof <- data.frame(
  n = c(inside, other), own = rep(c(1, 0), each = 12), month = factor(rep(1:12, 2)), during = rep(during, 2)
)
both <- summary(glm(n ~ month + own + own:during, family = quasipoisson, control = exact, data = rowsof))
keep("poisson_estimate", both$coefficients["own:during", "Estimate"])
keep("poisson_error", both$coefficients["own:during", "Std. Error"])
keep("poisson_dispersion", both$dispersion)
# Without a comparison: pairs of the same calendar month.
alone <- summary(glm(n ~ factor(rep(1:6, 2)) + during, family = quasipoisson, control = exact, data = data.frame(n = inside, during)))
keep("pair_estimate", alone$coefficients["during", "Estimate"])
keep("pair_error", alone$coefficients["during", "Std. Error"])
keep("pair_dispersion", alone$dispersion)
# Exact interval of the ratio of rate ratios.
for (cells in list(c(24, 40, 160, 150), c(10, 18, 11, 90), c(169, 381, 2858, 2356))) {
  ends <- fisher.test(matrix(cells, 2))$conf.int
  keep(paste(c("exact_low", cells), collapse = "_"), ends[1])
  keep(paste(c("exact_high", cells), collapse = "_"), ends[2])
}
# The interrupted series: 30 months, the 8th missing, with and without the comparison.
month <- setdiff(0:30, 7)
own <- c(14, 3, 9, 22, 15, 18, 31, 16, 3, 12, 10, 22, 12, 4, 13, 27, 16, 20, 13, 2, 10, 8, 17, 6, 1, 8, 10, 19, 13, 12)
beside <- c(60, 42, 55, 78, 70, 65, 90, 66, 41, 57, 70, 58, 44, 59, 86, 69, 75, 58, 66, 80, 55, 40, 51, 69, 55, 37, 63, 86, 70, 53)
t <- (month - 18) / 12
d <- as.numeric(month >= 18)
angle <- 2 * pi * (month %% 12) / 12
single <- summary(glm(own ~ t + sin(angle) + cos(angle) + d + I(d * t), family = quasipoisson, control = exact))
keep("single_level", single$coefficients["d", "Estimate"])
keep("single_level_error", single$coefficients["d", "Std. Error"])
keep("single_slope", single$coefficients["I(d * t)", "Estimate"])
keep("single_dispersion", single$dispersion)
two <- data.frame(
  n = c(own, beside), g = rep(c(1, 0), each = 30), t = rep(t, 2), d = rep(d, 2), m = factor(rep(month %% 12, 2))
)
pair <- summary(glm(n ~ t + m + d + I(d * t) + g + g:t + g:d + g:I(d * t), family = quasipoisson, control = exact, data = two))
keep("double_level", pair$coefficients["d:g", "Estimate"])
keep("double_level_error", pair$coefficients["d:g", "Std. Error"])
keep("double_slope", pair$coefficients["I(d * t):g", "Estimate"])
keep("double_slope_error", pair$coefficients["I(d * t):g", "Std. Error"])
keep("double_dispersion", pair$dispersion)

write.csv(do.call(rbind, rows), "tests/oracle/r/effect.csv", row.names = FALSE, quote = FALSE)
