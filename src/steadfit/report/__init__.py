"""What a person looks at: tables, figures, the page."""

from steadfit.report.document import page as page
from steadfit.report.fit_summary import fit_summary as fit_summary
from steadfit.report.notebook import fit_html as fit_html
from steadfit.report.notebook import summary_html as summary_html
from steadfit.report.tables import Summary as Summary
from steadfit.report.tables import summary as summary
from steadfit.report.tables import table as table
