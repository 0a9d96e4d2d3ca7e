"""The stylesheet of the report page: one column, system lettering, light and dark, from 360 px."""

from unisono.viewing.palette import css_variables

__all__ = ["card_style", "stylesheet"]

_CSS = """
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);
 font:16px/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{max-width:66rem;margin:0 auto;padding:3.5rem 1.25rem 5rem}
h1{font-size:1.9rem;line-height:1.2;letter-spacing:-.015em;margin:0 0 .4rem;font-weight:650}
h2{font-size:1.3rem;letter-spacing:-.01em;margin:4rem 0 .6rem;padding-top:1.4rem;
 border-top:1px solid var(--rule);font-weight:650}
h3{font-size:.95rem;margin:2.4rem 0 .6rem;font-weight:650}
p{margin:.5rem 0;max-width:44rem}
small,.quiet{color:var(--muted)}
.lead{color:var(--muted);margin:0 0 1.8rem}
.verdicts{list-style:none;padding:0;margin:1rem 0;max-width:48rem}
.verdicts li{padding:.15rem 0 .15rem 1.4rem;position:relative}
.verdicts li::before{content:"";position:absolute;left:0;top:.72rem;width:.6rem;height:.6rem;
 border-radius:50%;background:var(--muted)}
.verdicts li.won::before{background:var(--green)}
.verdicts li.lost::before{background:var(--red)}
.failed{border:2px solid var(--red);border-radius:.5rem;padding:1rem 1.2rem;margin:0 0 2rem}
.failed strong{color:var(--red);font-size:1.15rem;letter-spacing:.04em}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));gap:1.1rem 1.6rem;
 margin:1.2rem 0}
.facts div{min-width:0}
.facts dt{color:var(--muted);font-size:.8rem;margin:0}
.facts dd{margin:.05rem 0 0;overflow-wrap:anywhere}
dl{margin:0}
.wide{overflow-x:auto;margin:1rem 0;-webkit-overflow-scrolling:touch}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.9rem;width:100%}
.caption{color:var(--muted);font-size:.84rem;max-width:48rem}
th,td{padding:.5rem .9rem .5rem 0;text-align:right;vertical-align:top;white-space:nowrap;
 border-bottom:1px solid var(--rule)}
th:first-child,td:first-child{text-align:left}
td.text,th.text{text-align:left;white-space:normal;min-width:14rem}
thead th{color:var(--muted);font-weight:500;font-size:.8rem}
tbody th{font-weight:500}
tr.own th{font-weight:700}
td.best{font-weight:700}
td.best::before{content:"";display:inline-block;width:.42em;height:.42em;border-radius:50%;
 background:var(--green);margin-right:.45em;vertical-align:.13em}
td.best small{font-weight:400}
td small{display:block;color:var(--muted);font-size:.76rem;line-height:1.3}
.pass{color:var(--green);font-weight:600}.fail{color:var(--red);font-weight:600}
.grid{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,18rem),1fr));
 gap:1.6rem 2rem;margin:1rem 0;align-items:start}
.grid.two{grid-template-columns:repeat(auto-fit,minmax(min(100%,22rem),1fr))}
figure{margin:0;min-width:0}
figcaption{color:var(--muted);font-size:.82rem;margin-top:.3rem}
svg.figure{width:100%;height:auto;display:block;overflow:visible;font-family:inherit}
svg.figure text{font-family:inherit}
figure img{width:100%;height:auto;display:block;border-radius:.4rem;background:#fff}
.key{display:flex;flex-wrap:wrap;gap:.3rem 1.4rem;font-size:.84rem;color:var(--muted);
 margin:.6rem 0 0;padding:0;list-style:none}
.key i{display:inline-block;width:1.4rem;height:.2rem;border-radius:.1rem;margin-right:.45rem;
 vertical-align:.25rem}
.key i.band{height:.8rem;vertical-align:-.1rem;opacity:.35}
details{margin:1rem 0;border-bottom:1px solid var(--rule);padding-bottom:.6rem}
summary{cursor:pointer;color:var(--muted);font-size:.9rem;padding:.2rem 0}
summary:focus-visible{outline:2px solid var(--blue);outline-offset:3px;border-radius:2px}
.doubts{padding-left:1.1rem;max-width:48rem}.doubts li{margin:.35rem 0}
footer{margin-top:4rem;padding-top:1.4rem;border-top:1px solid var(--rule);font-size:.82rem;
 color:var(--muted);overflow-wrap:anywhere}
code{font:0.92em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
@media(max-width:30rem){main{padding:2rem 1rem 3rem}h1{font-size:1.5rem}h2{margin-top:3rem}}
@media print{main{max-width:none}details{break-inside:avoid}figure{break-inside:avoid}}
"""


def stylesheet() -> str:
    """The whole stylesheet, colours first."""
    return css_variables() + _CSS.replace("\n", "")


_CARD = """
.unisono-card{--paper:transparent;color:var(--ink);max-width:62rem;
 font:14px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
.unisono-card h3{font-size:1rem;margin:.2rem 0 .6rem;font-weight:650}
.unisono-card .facts{display:flex;flex-wrap:wrap;gap:.5rem 1.8rem;margin:.4rem 0 .8rem}
.unisono-card .facts dt{color:var(--muted);font-size:.78rem;margin:0;font-weight:400}
.unisono-card .facts dd{margin:0}
.unisono-card table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.86rem}
.unisono-card th,.unisono-card td{padding:.25rem 1.1rem .25rem 0;text-align:left;border:0;
 border-bottom:1px solid var(--rule);background:none}
.unisono-card svg.figure{width:100%;height:auto;max-width:62rem}
.unisono-card .wide{overflow-x:auto}
.unisono-card .doubts{padding-left:1.1rem;color:var(--muted)}
"""


def card_style() -> str:
    """The style of a card in a notebook; it reaches nothing outside the card."""
    variables = (
        css_variables().replace(":root", ".unisono-card").replace("color-scheme:light dark;", "")
    )
    return variables + _CARD.replace("\n", "")
