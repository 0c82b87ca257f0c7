"""The parts of the portable capture: plain Python that runs no code of the application."""
