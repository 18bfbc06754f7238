"""Remedies: changes of a recipe that are meant to lower the variance."""

from steadfit.remedies.library import REMEDIES as REMEDIES
from steadfit.remedies.remedy import ArmLike as ArmLike
from steadfit.remedies.remedy import Remedy as Remedy
from steadfit.remedies.remedy import apply as apply
from steadfit.remedies.remedy import check_kind as check_kind
from steadfit.remedies.remedy import conflict as conflict
from steadfit.remedies.remedy import joined as joined
from steadfit.remedies.remedy import name_of as name_of
from steadfit.remedies.remedy import settings_of as settings_of
