from releases.models.note import ReleaseNote
from releases.models.release import AlreadyOut, Release
from releases.models.telling import Telling

__all__ = ["AlreadyOut", "Release", "ReleaseNote", "Telling"]
