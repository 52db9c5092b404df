"""Economics of a longer promise: the method notes' values, and what is refused."""

import json

import numpy as np
import pytest

from warrantor.finding import Refused
from warrantor.forecast.economics import (
    NO_DEMAND,
    Market,
    breakeven_uplift,
    failures,
    optimum,
    present_value,
    prior_uplift,
    worth,
)

BOOK = Market(a=2.5, b=0.2, k2=6.0, c0=120.0, r=45.0, eta=90.0, beta=1.3)


def test_break_even_and_net_worth_of_the_method_notes():
    """Method notes 5: .0416667; PV .639134, NPV +1.113710, break-even .0217682."""
    assert breakeven_uplift(1.2, 30) == pytest.approx(0.041666666666666664, rel=1e-12)
    found = worth(0.72, 30, rate=0.10, months=15, uplift=0.0597)
    assert found.present_cost == pytest.approx(0.6391335859699486, rel=1e-12)
    assert found.net == pytest.approx(1.1137101389476456, rel=1e-12)
    assert found.breakeven == pytest.approx(0.021768212727691832, rel=1e-12)
    assert worth(0.72, 30, rate=0.10, months=15, uplift=found.breakeven).net == pytest.approx(0, abs=1e-12)


def test_no_uplift_is_counted_unless_given_and_the_answer_says_so():
    found = worth(0.72, 30, rate=0.1, months=15)
    assert found.uplift == 0
    assert found.net == pytest.approx(-0.6391335859699486)
    assert found.how == (NO_DEMAND,)
    assert NO_DEMAND in repr(found)
    prior = worth(0.72, 30, prior=("menezes-currim", 12, 18))
    assert prior.uplift == pytest.approx(0.05969540224805914)
    assert "Menezes and Currim" in prior.how[0]
    told = json.loads(json.dumps(prior.to_dict()))
    assert told["schema"] == "warrantor.worth/1"
    assert prior.to_arrow()["net"].to_pylist() == [prior.net]


def test_prior_of_menezes_and_currim():
    """Method notes 5: (1.5)^.143 - 1 = .0596954."""
    assert prior_uplift("menezes-currim", 12, 18) == pytest.approx(0.05969540224805914, rel=1e-12)


def test_optimum_of_the_method_notes():
    """Method notes 5: w 31.056679, C 131.284927, p 218.808212, profit(18)/profit(12) 1.030564."""
    best = optimum(BOOK)
    assert (best.months, best.cost, best.price) == pytest.approx((31.056679112590363, 131.28492743404252,
                                                                  218.80821239007085), rel=1e-9)
    assert BOOK.profit_ratio(18, 12) == pytest.approx(1.0305637181373837, rel=1e-12)
    assert optimum(BOOK).to_dict()["schema"] == "warrantor.optimum/1"
    assert optimum(BOOK).to_arrow().num_rows == 1


def test_the_optimum_is_the_top_of_the_profit_itself():
    """Profit k p^-a (w + k2)^b (p - C(w)) over a fine grid of both has its top there."""
    best = optimum(BOOK)
    w = np.linspace(best.months - 1, best.months + 1, 401)[:, None]
    p = np.linspace(best.price - 2, best.price + 2, 401)
    profit = p**-BOOK.a * (w + BOOK.k2) ** BOOK.b * (p - BOOK.cost(w))
    top = np.unravel_index(profit.argmax(), profit.shape)
    assert w[top[0], 0] == pytest.approx(best.months, abs=0.006)
    assert p[top[1]] == pytest.approx(best.price, abs=0.011)


@pytest.mark.parametrize(("beta", "t", "value"), [(1.0, 1.0, 1.0000000026041667), (2.0, 1.0, 0.7536912803440182),
                                                  (1.5, 0.5, 0.33026984494821404), (0.8, 0.2, 0.2838931139382969)])
def test_renewals_of_the_method_notes(beta, t, value):
    """Method notes 5, Xie midpoint: computed values, no table was found."""
    assert failures("exchange", "weibull", {"beta": beta, "eta": 1.0}, t) == pytest.approx(value, abs=5e-7)


def test_renewals_against_units_simulated_one_by_one():
    rng = np.random.default_rng(5)
    seen = (rng.weibull(1.5, (200_000, 12)).cumsum(axis=1) <= 2.0).sum(axis=1)
    told = failures("exchange", "weibull", {"beta": 1.5, "eta": 1.0}, 2.0)
    assert told == pytest.approx(seen.mean(), abs=4 * seen.std() / np.sqrt(len(seen)))


def test_a_repair_restores_nothing_and_an_exchange_all():
    law = {"beta": 2.0, "eta": 10.0}
    first, exchange, repair = (failures(r, "weibull", law, 12.0) for r in ("first", "exchange", "repair"))
    assert first == pytest.approx(1 - np.exp(-1.44))
    assert repair == pytest.approx(1.44)
    assert first < exchange < repair


def test_present_value_of_a_row_of_payments():
    assert present_value([110.0, 121.0], 0.1, [12, 24]) == pytest.approx([100, 100])


def test_questions_without_an_answer_are_refused():
    for ask, why in [
        (lambda: breakeven_uplift(30, 30), "no uplift breaks even"),
        (lambda: breakeven_uplift(-1, 30), "0 or more"),
        (lambda: present_value(1, -1.0, 12), "no rate"),
        (lambda: worth(1, 30, uplift=0.1, prior=("menezes-currim", 12, 18)), "not both"),
        (lambda: prior_uplift("nobody", 12, 18), "menezes-currim"),
        (lambda: prior_uplift("menezes-currim", 0, 18), "no lengths"),
        (lambda: optimum(Market(a=1.0, b=0.2, k2=6, c0=120, r=45, eta=90, beta=1.3)), "above 1"),
        (lambda: optimum(Market(a=2.5, b=3.0, k2=6, c0=120, r=45, eta=90, beta=1.3)), "longer"),
        (lambda: optimum(Market(a=2.5, b=0.0, k2=6, c0=120, r=45, eta=90, beta=1.3)), "shorter"),
        (lambda: failures("exchange", "weibull", {"beta": 1.0}, 1.0), "takes beta, eta"),
        (lambda: failures("exchange", "pareto", {}, 1.0), "there is exponential"),
        (lambda: failures("scrap", "weibull", {"beta": 1.0, "eta": 1.0}, 1.0), "no remedy"),
        (lambda: failures("first", "weibull", {"beta": 1.0, "eta": 1.0}, 0.0), "above 0"),
    ]:
        with pytest.raises(Refused, match=why):
            ask()
