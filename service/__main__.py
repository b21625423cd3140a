"""`python -m service`: the same as `sla-timer`."""

from service.cli import main

if __name__ == "__main__":
    main()
