"""Benchmarks side by side with what a user would pick instead; never imported by what deploys."""
