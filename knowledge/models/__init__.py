from knowledge.models.article import Article
from knowledge.models.category import Category
from knowledge.models.picture import ArticlePicture
from knowledge.models.vote import ArticleVote

__all__ = ["Article", "ArticlePicture", "ArticleVote", "Category"]
