"""Importers: what others wrote about a device (a walk, a module, a register list, a node set) becomes a proposal.

Pure: text in, text out. A proposal is for review: it is checked as the hub would check it, and never used by itself.
"""

from hub.importing.proof import mistakes
from hub.importing.proposal import Proposal

__all__ = ["Proposal", "mistakes"]
