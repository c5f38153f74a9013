"""Speed and memory as ratios against named baselines, measured in the same run: `make benchmarks`, docs/benchmarks.md."""
