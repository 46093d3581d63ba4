# Gi and Gi* by spdep, for tests/oracle/test_gi_against_spdep.py.
#
#   python tests/oracle/r/write_inputs.py INPUTS && Rscript tests/oracle/r/local_g.R INPUTS tests/oracle/r
#
# INPUTS holds, for each data set, areas_NAME.csv (value) and pairs_NAME.csv (from, to, counted from 1), and
# for each lattice lattice_NAME.csv (row, col, value) with a line in lattices.csv (name, shape, reach in cells).
# The neighbours of a lattice are found here, from the distances of all pairs of centres.

suppressPackageStartupMessages(library(spdep))
folders <- commandArgs(trailingOnly = TRUE)
command <- "python tests/oracle/r/write_inputs.py INPUTS && Rscript tests/oracle/r/local_g.R INPUTS tests/oracle/r"

as_nb <- function(from, to, n) {
  found <- lapply(seq_len(n), function(i) sort(as.integer(to[from == i])))
  found <- lapply(found, function(mine) if (length(mine)) mine else 0L)
  structure(found, class = "nb", region.id = as.character(seq_len(n)))
}

local_g <- function(x, nb, style) {
  as.numeric(localG(x, nb2listw(nb, style = style, zero.policy = TRUE), zero.policy = TRUE))
}

answers <- function(x, nb) {
  table <- data.frame(neighbours = card(nb))
  for (star in c(FALSE, TRUE)) {
    name <- if (star) "gi_star" else "gi"
    links <- if (star) include.self(nb) else nb
    z <- local_g(x, links, "B")
    # Without a neighbour there is nothing to sum.
    z[card(links) == 0] <- NA
    weighted <- local_g(x, links, "W")
    weighted[card(links) == 0] <- NA
    p <- 2 * pnorm(-abs(z))
    table[[paste0(name, "_z_b")]] <- z
    table[[paste0(name, "_z_w")]] <- weighted
    table[[paste0(name, "_p")]] <- p
    table[[paste0(name, "_q")]] <- p.adjust(p, "BH")
  }
  table
}

record <- function(table, name) {
  text <- lapply(table, function(column) {
    if (is.integer(column)) format(column, trim = TRUE) else formatC(column, digits = 16, format = "g", width = 1)
  })
  lines <- c(
    paste0("# ", R.version.string, "; spdep ", packageVersion("spdep")),
    paste0("# ", command),
    paste(names(table), collapse = ","),
    do.call(paste, c(text, sep = ","))
  )
  writeLines(lines, file.path(folders[2], paste0("local_g_", name, ".csv")))
}

for (path in list.files(folders[1], "^areas_.*[.]csv$", full.names = TRUE)) {
  name <- sub("^areas_(.*)[.]csv$", "\\1", basename(path))
  x <- read.csv(path)$value
  pairs <- read.csv(file.path(folders[1], paste0("pairs_", name, ".csv")))
  record(answers(x, as_nb(pairs$from, pairs$to, length(x))), name)
}

lattices <- read.csv(file.path(folders[1], "lattices.csv"))
for (i in seq_len(nrow(lattices))) {
  cells <- read.csv(file.path(folders[1], paste0("lattice_", lattices$name[i], ".csv")))
  if (lattices$shape[i] == "square") {
    x <- cells$col + 0.5
    y <- cells$row + 0.5
  } else {
    x <- cells$col + (cells$row %% 2) / 2
    y <- cells$row * sqrt(3) / 2
  }
  apart <- as.matrix(dist(cbind(x, y)))
  diag(apart) <- Inf
  near <- which(apart <= lattices$reach[i] + 1e-9, arr.ind = TRUE)
  table <- answers(cells$value, as_nb(near[, 1], near[, 2], nrow(cells)))
  record(cbind(cells[c("row", "col", "value")], table), paste0("lattice_", lattices$name[i]))
}
