"""Many replicas: what of the error is variance, and what helps.

- `design` says what is trained: samples and seeds; `trials` what each replica is determined by.
- A `learner` trains one replica; an `engine` has that done (`engines`), and the `store` keeps each.
  `dispatch` gives trials to an engine; `claims` tells which, where several processes do so.
- `run` takes a study from data to its folder; `folder` reads that folder again.
- `result` is what a study leaves, `study.json`, readable without torch.
"""
