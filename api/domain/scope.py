"""How far a region reaches (行政区划)."""


def stem(region: str) -> str:
    """Return what the GB/T 2260 codes within a region begin with: 231000 gives 2310, CN nothing."""
    if region == "CN":
        return ""
    significant = region.rstrip("0")
    return significant + "0" * (len(significant) % 2)
