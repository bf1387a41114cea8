"""The workloads: what is to be computed (`problems`), and how each library's own user would write it."""
