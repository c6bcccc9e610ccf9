"""x"""
from tfpg.slides.laying import Laid
def fragment(laid: Laid, language: str) -> str:
    return ""
