"""Packs: what goes with what, what is refused and where, and what a maker's own promise is put beside."""

from datetime import date

import pytest

from warrantor.terms import PackError, beside, default_guarantees, load_guarantees, shipped
from warrantor.terms.pack import Text, guarantees_of, read_text, shipped_markets

HOST = "[guarantee.terms.host]\nmonths = 12\n"


def version(name, number="1", keys=""):
    return f'[[guarantee]]\nname = "{name}"\nversion = "{number}"\n{keys}{HOST}'


def refused(text):
    with pytest.raises(PackError) as caught:
        load_guarantees(text)
    return caught.value.line, caught.value.why


def test_a_text_and_a_file_are_called_by_their_names(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(version("a", keys='title = "十八个月"\n'), encoding="utf-8")
    assert load_guarantees(str(path)).all[0].title == "十八个月"
    path.write_text("[pack]\n")
    with pytest.raises(PackError) as caught:
        load_guarantees(path)
    assert str(caught.value) == f"{path}: there is no [[guarantee]] in it"
    with pytest.raises(PackError) as caught:
        load_guarantees("[pack]\n")
    assert str(caught.value) == "the text: there is no [[guarantee]] in it"
    with pytest.raises(PackError) as caught:
        load_guarantees("[[guarantee]\n")
    assert caught.value.file == "the text"


@pytest.mark.parametrize(("text", "line", "why"), [
    ("[promises]\n", 1, "no such table: promises; the tables are pack, guarantee, rules, sources, holidays, topics"),
    ("[zoo]\n[ape]\n", 2, "no such table: ape; the tables are pack, guarantee, rules, sources, holidays, topics"),
    ("[guarantee]\nname = 'a'\n", 1, "write [[guarantee]], with two brackets: there may be more than one"),
    (version("a") + version("a"), 8, "a@1 stands more than once; give each version its own number"),
    (version("a") + version("b", keys='extends = "c"\n'), 9, "there is no guarantee 'c' to extend"),
    (version("b", keys='extends = "b"\n'), 4, "extends goes in a circle: b -> b"),
    (version("b", keys='extends = "eu_legal"\nwithout = ["colour", "smell", "layer"]\n'), 5,
     "eu_legal has no colour, smell to leave out"),
    (version("a", keys='topics = { counting = "R-NO" }\n'), 4, "there is no rule 'R-NO'; write [rules.R-NO]"),
    (version("a", keys='duties = ["R-NO", "R-NEITHER"]\n'), 4, "there is no rule 'R-NO'; write [rules.R-NO]"),
    (version("a", keys='sources = ["nowhere"]\n'), 4, "there is no source 'nowhere'; write [sources.nowhere]"),
    (version("a") + "[rules.R]\ntext = 'a'\nzh = 'b'\nmark = 'D'\nsources = ['nowhere']\n", 10,
     "there is no source 'nowhere'; write [sources.nowhere]"),
])
def test_what_does_not_go_together_is_refused_at_its_line(text, line, why):
    assert refused(text) == (line, why)


def test_a_circle_through_several_is_told_step_by_step():
    text = "".join(version(a, keys=f'extends = "{b}"\n') for a, b in ("xy", "yz", "zx"))
    assert refused(text)[1] == "extends goes in a circle: x -> y -> z -> x"


def test_what_is_wrong_in_the_guarantee_extended_is_said_at_its_own_line():
    text = version("a", keys='extends = "b"\n') + version("b", keys='extends = "nobody"\n')
    assert refused(text) == (10, "there is no guarantee 'nobody' to extend")


def test_the_last_version_is_the_one_extended_and_ones_own_words_win():
    text = (version("base", "1", 'channels = ["shop"]\n')
            + version("base", "2", 'channels = ["web"]\nzone = "Asia/Dubai"\n')
            + '[[guarantee]]\nname = "own"\nversion = "1"\nextends = "base"\nzone = "Europe/Berlin"\n'
            + '[[guarantee]]\nname = "less"\nversion = "1"\nextends = "base"\nwithout = ["channels", "zone"]\n')
    found = load_guarantees(text)
    assert (found["own@1"].channels, found["own@1"].zone) == (("web",), "Europe/Berlin")
    assert found["own@1"].end_day(date(2019, 1, 31)) == date(2020, 1, 31)
    assert (found["less@1"].channels, found["less@1"].zone) == (("*",), "UTC")


def test_a_text_is_read_with_its_rules_sources_calendars_topics_and_title():
    found = load_guarantees(
        '[pack]\ntitle = "Mine"\nzh = "我的"\n' + version("a", keys='holidays = "H"\ntopics = { counting = "R-1" }\n')
        + "[rules.R-1]\ntext = 'a'\nzh = 'b'\nmark = 'S'\nsources = ['s']\n[sources.s]\nurl = 'u'\nwhat = 'w'\n"
        "[holidays.H]\nspans = [[2020-01-15, 2020-01-17]]\nweekends = true\n[topics]\nlast_day = 'R-1'\n")
    assert found.about == {"title": "Mine", "zh": "我的"}
    assert found["a@1"].end_day(date(2019, 1, 15)) == date(2020, 1, 20)  # the 17th is a Friday
    rule = found.rule("counting", found["a@1"])
    assert (rule.name, rule.text, rule.zh, rule.mark, rule.sources) == ("R-1", "a", "b", "S", ("s",))
    assert (found.rule("last_day").name, found.rule("counting").name) == ("R-1", shipped().topics["counting"])
    assert (found.sources["s"].url, found.sources["s"].what) == ("u", "w")
    assert found.rule("anything").text == "anything: no rule is written down"
    assert found.rule("anything").zh == "anything:无成文规则"
    assert found.rule("anything").mark == "D"


def test_several_texts_are_read_as_one_without_a_title():
    texts = [read_text('[pack]\ntitle = "One"\n' + version("a"), "one"),
             read_text('[pack]\ntitle = "Two"\n' + version("b", keys='extends = "a"\n'), "two"),
             read_text("[topics]\n", "three")]
    found = guarantees_of(texts)
    assert [g.key for g in found.all] == ["a@1", "b@1"]
    assert found.about == {}
    with pytest.raises(PackError) as caught:
        guarantees_of([*texts, read_text(version("a"), "four")])
    assert str(caught.value) == "four, line 3: a@1 stands more than once; give each version its own number"


def test_a_text_says_on_which_line_its_keys_stand():
    found = read_text(version("a"), "one")
    assert isinstance(found, Text)
    assert (found.line_of("guarantee.0.terms.host.months"), found.line_of("guarantee.7")) == (5, 1)
    assert str(found.wrong("guarantee.0.name", "why")) == "one, line 2: why"


def test_a_makers_promise_stands_before_what_others_owe():
    own = load_guarantees(version("long") + version("short") + version("cn_statutory_mobile", keys='layer = "seller"\n')
                          + "[rules.R-1]\ntext = 'a'\nzh = 'b'\nmark = 'S'\n[sources.s]\nurl = 'u'\nwhat = 'w'\n"
                          "[topics]\ncounting = 'R-1'\n")
    found = beside(own, ("long", "cn_statutory_mobile@1"))
    assert [g.key for g in found.all][:2] == ["long@1", "cn_statutory_mobile@1"]
    others = [g.key for g in shipped().all if g.layer in {"statutory", "seller"} and g.key != "cn_statutory_mobile@1"]
    assert [g.key for g in found.all][2:] == others
    assert {"statutory", "seller"} == {shipped()[key].layer for key in others}
    assert (found.rules["R-1"].text, found.rules["R-CNT-1"]) == ("a", shipped().rules["R-CNT-1"])
    assert (found.sources["s"].url, set(found.sources) - {"s"}) == ("u", set(shipped().sources))
    assert found.topics == {**shipped().topics, "counting": "R-1"}
    assert found["cn_statutory_mobile@1"].layer == "seller"


def test_the_trades_promise_quotes_the_shipped_rules():
    found = default_guarantees()
    assert (found.all[0].key, found.all[0].title) == ("conventional@1", "12 months, as the trade gives")
    assert (found.rules, found.sources, found.topics) == (shipped().rules, shipped().sources, shipped().topics)


def test_the_shipped_packs_are_read_rules_first_then_by_name():
    names = list(shipped_markets())
    assert names[0] == "rules"
    assert names[1:] == sorted(names[1:])
    assert "cn" in names
    assert shipped_markets()["cn"].startswith("# China")
    assert "三包" in shipped_markets()["cn"] or "退货" in shipped_markets()["cn"]
