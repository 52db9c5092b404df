"""An answer in words: one sentence, and the trace of its rules, in English and in Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from warrantor.terms.answer import Answer, Change, Layer, plain

Language = Literal["en", "zh"]
LAYER = {"statutory": "法定", "commercial": "厂商承诺", "seller": "销售者退换", "campaign": "专项活动",
         "goodwill": "善意处理"}
PARTY = {"seller": "销售者", "maker": "厂商"}
REMEDY = {"refund": "退货", "exchange": "换货", "repair": "修理"}
CHANGES: dict[str, dict[Language, str]] = {
    "door": {
        "en": "The claim was stopped at the counter ({decision}): a person clears that first.",
        "zh": "报修在受理时被拦下（{decision}），须先由人工处理。"},
    "no_guarantee": {
        "en": "No guarantee is known for market {market}: name one, or add a pack for the market.",
        "zh": "市场 {market} 没有已知的承诺：请指定承诺，或补充该市场的规则包。"},
    "start_unknown": {
        "en": "{guarantee}: evidence of its start (an invoice, a delivery, an activation) would decide it.",
        "zh": "{guarantee}：提供起算证据（发票、签收或激活）即可判定。"},
    "evidence_error": {
        "en": "{guarantee}: a person corrects the evidence, or confirms it.",
        "zh": "{guarantee}：由人工更正或确认证据。"},
    "eligibility": {
        "en": "{guarantee}: not made for this unit or component, as far as is known; the reasons say what would have "
              "to be shown.",
        "zh": "{guarantee}：就目前所知不适用于本机或该部件；理由中列明需要证明的事项。"},
    "expired": {
        "en": "{guarantee}: it ended on {end}; a repair or exchange before then that is not on record could move that.",
        "zh": "{guarantee}：已于 {end} 届满；此前未登记的修理或换货可能改变该日期。"},
    "not_begun": {
        "en": "{guarantee}: it begins on {start}.",
        "zh": "{guarantee}：自 {start} 起算。"},
    "fault": {
        "en": "{guarantee}: the day is covered; another finding on the {component} (fault, use, capacity) would be.",
        "zh": "{guarantee}：日期在保；{component} 的其他鉴定结果（故障、使用量、容量）可能在保。"},
    "until": {
        "en": "Covered until {end}; suspension, exchange and further evidence may move that day.",
        "zh": "保至 {end}；修理占用、换货及其他证据可能改变该日期。"},
    "open": {
        "en": "Covered as long as the campaign runs.",
        "zh": "活动进行期间在保。"},
    "dominated": {
        "en": "{guarantee} ends on {end} and adds nothing: the law's own layer lasts as long or longer.",
        "zh": "{guarantee} 于 {end} 届满，未增加保障：法定层同样长或更长。"},
    "campaign": {
        "en": "An active campaign for the fault {fault} would cover it.",
        "zh": "针对故障 {fault} 的专项活动可使其在保。"},
    "goodwill": {
        "en": "Goodwill, authorised by two persons, would be an outcome of its own.",
        "zh": "经两人授权的善意处理为单独结果。"},
}
DOOR: dict[str, dict[Language, str]] = {
    "hold:serial_not_shipped": {"en": "the maker never said that this serial was shipped",
                                "zh": "厂商没有该序列号的出货记录"},
    "reject:superseded_unit": {"en": "it was exchanged, and another unit stands in its place",
                               "zh": "本机已换货，由另一台机器替代"},
    "reject:refunded_unit": {"en": "its price was paid back", "zh": "本机已退货退款"},
    "hold:given_back": {"en": "it was given back without a fault", "zh": "本机曾无故障退回"},
    "reject:duplicate_open_claim": {"en": "another claim of it is open", "zh": "本机已有未结的报修"},
    "hold:velocity": {"en": "too many claims of it in 30 days", "zh": "30 天内报修次数过多"},
    "hold:claim_before_activation": {"en": "the claim is dated before it was first switched on",
                                     "zh": "报修日早于首次激活日"},
    "hold:serial_differs": {"en": "another serial stands on the unit that was handed in",
                            "zh": "送修机器上的序列号不一致"},
    "hold:invoice_reused": {"en": "its invoice was shown for another unit", "zh": "该发票已用于另一台机器"},
    "hold:centre_velocity": {"en": "its service centre opens far more claims today than it is used to",
                             "zh": "该服务网点今日受理量远高于平时"},
}
INPUTS = {
    "start": "起算", "by": "依据", "lacking": "缺少", "term": "期限", "counting": "计数", "end": "届满", "from": "自",
    "to": "至", "on": "日期", "day": "天数", "days": "天数", "until": "至", "product": "机型", "sold_in": "销售地",
    "activated_in": "激活地", "claim_in": "报修地", "asked": "要求", "fault": "故障", "user_damage": "人为损坏",
    "component": "部件", "terms": "所列部件", "exchanged": "换货", "repaired": "修理", "repairs": "修理次数",
    "exchanges": "换货次数", "zone": "时区", "at": "时刻", "statutory_to": "法定届满", "contract": "合同日",
    "calendar": "假日表", "due": "应届满", "last": "最后一日", "until_day": "至第几日", "proof": "凭证", "most": "上限",
    "cycles": "循环次数", "capacity": "容量", "below": "低于", "decision": "处理", "sold": "销售日", "proves": "举证",
    "transferred": "转让", "year": "年份", "cause": "原因", "sold_on": "发票日", "delivered_on": "签收日",
    "activated_on": "激活日", "made_on": "生产日", "today": "今日", "agreed": "约定",
}


def sentence(answer: Answer, language: Language = "en") -> str:
    """Return the answer as one sentence.

    Parameters
    ----------
    answer : Answer
        What was found.
    language : "en" or "zh"
        Of the sentence.
    """
    zh = language == "zh"
    unit = f"{answer.serial}: " if answer.serial else ""
    if answer.answer != "covered":
        said = {"held": ("Held on {}: a person must look first.", "{}：暂缓，须先由人工处理。"),
                "not covered": ("Not covered on {}.", "{}：不在保。")}[answer.answer][zh].format(answer.on)
        first = change(answer.changes[0], language) if answer.changes else ""
        return f"{unit}{said} {first}".strip()
    told = ("；" if zh else "; ").join(_alive(layer, zh) for layer in answer.layers if layer.alive)
    return f"{unit}{answer.on}：在保：{told}。" if zh else f"{unit}Covered on {answer.on}: {told}."


def _alive(layer: Layer, zh: bool) -> str:
    end = layer.end or ("活动结束" if zh else "its end")
    if zh:
        owed = "、".join(REMEDY[r] for r in layer.remedies)
        who = PARTY.get(layer.owes, layer.owes)
        return f"{layer.guarantee}（{LAYER[layer.layer]}），{layer.start} 至 {end}，{who}承担{owed}"
    return f"{layer.guarantee}, {layer.start} to {end}, the {layer.owes} owes {' or '.join(layer.remedies)}"


def change(one: Change, language: Language = "en") -> str:
    """Return what would make the answer another, as one sentence."""
    told = _filled(one.inputs)
    if "decision" in told:
        told["decision"] = DOOR[told["decision"]][language]
    return CHANGES[one.topic][language].format(**told)


def trace(answer: Answer, language: Language = "en") -> tuple[str, ...]:
    """Return the rules behind an answer, a line each: layer, rule, mark, text, and what it was applied to."""
    zh = language == "zh"
    lines = []
    for layer in answer.layers:
        state = ("在保" if zh else "alive") if layer.alive else ("无效" if zh else "not alive")
        kind = LAYER[layer.layer] if zh else layer.layer
        name = f"{layer.guarantee}@{layer.version}".rstrip("@")
        lines.append(f"{name} ({kind}, {layer.component}): {state}"
                     f"{_span(layer)}")
        lines += [f"  {r.rule.name} [{r.rule.mark}] {r.rule.zh if zh else r.rule.text} {_inputs(r.inputs, zh)}".rstrip()
                  for r in layer.reasons]
    lines += [("如何改变：" if zh else "What would change it: ") + change(c, language) for c in answer.changes]
    lines.append("以上非法律意见；标记：S 读过文本，S2 第三方转述，G 常识，D 设计选择。" if zh else
                 "Not legal advice. Marks: S the text was read in a copy, S2 retold, G general knowledge, D a choice.")
    return tuple(lines)


def _span(layer: Layer) -> str:
    return "" if layer.start is None else f", {layer.start} .. {layer.end or '...'}"


def _inputs(inputs: Mapping[str, Any], zh: bool) -> str:
    said = ((INPUTS.get(name, name) if zh else name, value) for name, value in inputs.items())
    told = ", ".join(f"{name}={_text(value)}" for name, value in said if value not in (None, (), ""))
    return f"({told})" if told else ""


def _text(value: Any) -> str:
    found = plain(value)
    return "/".join(str(v) for v in found) if isinstance(found, list) else str(found)


def _filled(inputs: Mapping[str, Any]) -> dict[str, str]:
    return {name: "?" if value is None else _text(value) for name, value in inputs.items()}
