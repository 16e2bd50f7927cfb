"""The emulator's process: ministack, with an Athena that speaks Athena's dialect.

    python -m bovespa.local.ministack
"""

from __future__ import annotations

from bovespa.athena.engine import install

if __name__ == "__main__":
    from ministack.app import main

    install()
    main()
