"""The project's tests: unit (in this process), stack (the Pulumi program), e2e, and real (captured data)."""
