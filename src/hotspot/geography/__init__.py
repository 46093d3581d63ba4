"""Areas, the lattice of cells, and counting points into them."""
