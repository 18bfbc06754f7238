"""Many replicas: what of the error is variance, and what helps.

- `design` says what is trained: samples and seeds; `trials` what each replica is determined by.
- A `learner` trains one replica; an `engine` has that done (`local_engine` on all
  cores of this machine), and the `store` keeps each.
- `run` takes a study from data to its folder; `folder` reads that folder again.
- `result` is what a study leaves, `study.json`, readable without torch.
"""
