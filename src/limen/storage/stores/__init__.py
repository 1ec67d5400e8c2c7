"""The everyday stores: SQLAlchemy Core, each made for one tenant over one open transaction."""
