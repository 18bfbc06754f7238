"""Many replicas: what of the error is variance, and what helps.

- `design` says what is trained: arms (`remedies`), samples and seeds; `engine` trains it on all
  cores, and `store` keeps each replica.
- `decomposition`, `zero_one` and `jackknife` take a loss apart; `arm_loss`, `intervals` and
  `sources` say how sure that is; `judgement` and `verdict` put it into words.
- `run` takes a study through all of these, and `result` is what it leaves, readable without torch.
"""
