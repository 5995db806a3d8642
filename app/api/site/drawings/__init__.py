"""Maps and cards as SVG, drawn by the service: for pages without scripts, and for pictures."""
