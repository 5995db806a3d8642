"""Response bodies of lists, the log, histories, feeds, citations and tiles. Handlers in `routes` send them."""
