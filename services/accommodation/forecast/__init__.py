"""The forecast: how many beds will be needed on the next fourteen nights, and how far off earlier forecasts were."""
