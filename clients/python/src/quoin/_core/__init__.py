# SPDX-License-Identifier: Apache-2.0
"""What all helpers share. Not for callers."""
