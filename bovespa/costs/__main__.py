"""`python -m bovespa.costs` prints the page of costs."""

import sys

from bovespa.costs.page import page

if __name__ == "__main__":
    sys.stdout.write(page())
