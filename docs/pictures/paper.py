"""Draw docs/pictures/paper.svg: simulated claims on Weibull paper, with two laws that fit alike."""

from pathlib import Path

import numpy as np

import warrantor as wr

rng = np.random.default_rng(20190110)
age, end = np.ceil(rng.weibull(1.2, 40_000) * 4300), rng.integers(30, 366, 40_000)
tally = wr.tally_of_ages(np.minimum(age, end), age <= end)
life, laws = wr.life_table(tally), [wr.fit(tally, name) for name in ("weibull", "lognormal")]
title = f"{int(life.claimed[0]):,} first claims of {int(life.units[0]):,} simulated units, and two laws"
wr.chart(life, *laws, title=title).save(Path(__file__).with_suffix(".svg"))
