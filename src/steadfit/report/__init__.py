"""What a person looks at: tables, figures, the page."""

from steadfit.report.document import page as page
from steadfit.report.tables import Summary as Summary
from steadfit.report.tables import summary as summary
from steadfit.report.tables import table as table
