"""Reference models: the simple rivals that a network's figures are held against.

`references_for(data)` says which suit; `reference.fit(train)` fits one, and
`fitted.predict(test)` gives what a replica's logits are, so that its losses are computed in the
same way. A new one is one class here and one line in `registry`.
"""

from steadfit.references.base import FittedReference as FittedReference
from steadfit.references.base import Learned as Learned
from steadfit.references.base import Reference as Reference
from steadfit.references.registry import REFERENCES as REFERENCES
from steadfit.references.registry import absent_notes as absent_notes
from steadfit.references.registry import reference_of as reference_of
from steadfit.references.registry import references_for as references_for
from steadfit.references.scores import ReferenceScore as ReferenceScore
from steadfit.references.scores import scores as scores
