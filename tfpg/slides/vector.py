"""Pages 29 and 30 beside their code as SVG, for a lecturer's own deck: real text, 16 to 9."""
