"""The catalog's ports: what the rest of Rekindle may ask of it and tell it.

Open a transaction with :meth:`Catalog.read` or :meth:`Catalog.write`. All that one ``write`` block does is
committed together when the block ends, and not at all when it raises. Readers never wait for the writer.
"""

from catalog.repository.assets import Assets, AssetWriter, KnownInstance, Locations
from catalog.repository.facts import Facts, FactWriter
from catalog.repository.fixity import Fixity
from catalog.repository.keeping import Keeps
from catalog.repository.links import Links
from catalog.repository.money import Approvals, Restores, Spending
from catalog.repository.notices import Baskets, Notices
from catalog.repository.people import Clusters, People, Prohibitions
from catalog.repository.rights import Rights
from catalog.repository.standing import Arrivals, Demands, SavedSearches
from catalog.repository.tiering import Holds, Leases, Moves, Placed, Projects, TierPlans
from catalog.repository.transactions import Catalog, CatalogReader, CatalogWriter
from catalog.repository.words import TextMatch, TextQuery, Words
from catalog.repository.work import Audit, Changes, Jobs, Runs

__all__ = [
    "Approvals",
    "Arrivals",
    "AssetWriter",
    "Assets",
    "Audit",
    "Baskets",
    "Catalog",
    "CatalogReader",
    "CatalogWriter",
    "Changes",
    "Clusters",
    "Demands",
    "FactWriter",
    "Facts",
    "Fixity",
    "Holds",
    "Jobs",
    "Keeps",
    "KnownInstance",
    "Leases",
    "Links",
    "Locations",
    "Moves",
    "Notices",
    "People",
    "Placed",
    "Prohibitions",
    "Projects",
    "Restores",
    "Rights",
    "Runs",
    "SavedSearches",
    "Spending",
    "TextMatch",
    "TextQuery",
    "TierPlans",
    "Words",
]
