# SPDX-License-Identifier: Apache-2.0
"""The blocking client: a view of the asyncio one. Its names are in ``quoin``."""
