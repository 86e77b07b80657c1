"""From Markdown chapters to the site and the notebooks."""
