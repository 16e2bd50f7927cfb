"""`python -m costs` prints the page of costs."""

import sys

from costs.page import page

if __name__ == "__main__":
    sys.stdout.write(page())
