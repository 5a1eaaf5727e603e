"""Words that are in sentences about anything, and so say nothing of what one is about: without accents and capitals."""

SPANISH = """
al de el en es la le lo me mi ni no os se si su te tu un ya yo
algo algun alguna ante antes aun aunque bajo bien cada como con contra cual cuando del desde despues donde dos durante
ella ellas ellos entre era eran esa esas ese eso esos esta estaba estan estas este esto estos estoy fue fueron haber
habia hace hacer hacia han has hasta hay hemos las les los mas mis mismo mucho muy nada ningun ninguna nos nosotros
nuestra nuestro nunca otra otras otro otros para pero poco por porque pues puede puedo que quien sea ser siempre sin
sobre solo somos son soy sus tal tambien tan tanto tengo tiene tienen todas todavia todo todos tras una unas uno unos
usted ustedes vez
"""
ENGLISH = """
an as at be by do he if in is it me my no of on or so to up us we
about after all also and any are because been but can cannot could did does for from had has have her his how into its
just more not now our out over she should some than that the their them then there these they this those too was were
what when where which while who why will with would you your
"""
EVERYDAY = frozenset(SPANISH.split() + ENGLISH.split())
