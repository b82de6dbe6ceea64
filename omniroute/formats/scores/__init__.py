"""Models that judge: moderation says whether a text is harmful, rerank how well documents answer a query."""
