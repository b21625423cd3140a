"""The words of a report, by language."""

from collections.abc import Mapping

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "Service promise report",
        "range": "Due {from_} to {to}, by {by}",
        "the_beginning": "the beginning",
        "the_end": "the end",
        "by_day": "day",
        "by_week": "week (ISO 8601)",
        "by_month": "month",
        "zones": "Days and hours are those of {zones}",
        "of_tenant": "Tenant {tenant} only",
        "judged_at": "Judged at {at}",
        "judged_after_all": (
            "Judged after the last deadline: what is open at the end of the file never ends"
        ),
        "counted": (
            "Tickets read: {tickets}; never received: {not_received}; "
            "cycles without policy: {without_policy}, exempt: {exempt}"
        ),
        "unjudged": (
            "No policy judges any ticket: they begin from {since} to {until}; the policies are: {policies}"
        ),
        "no_policies": "none",
        "unreadable": "Not judged, for {lines} unreadable lines: tickets {tickets}",
        "unreadable_judged": "Judged without {lines} unreadable lines: tickets {tickets}",
        "unreadable_lines": (
            "Unreadable lines without a ticket: {lines_without_ticket}; any ticket may lack them"
        ),
        "nothing": "Nothing was due in this range.",
        "totals": "The whole range",
        "figures": "By period",
        "customers": "Customers with most breaches",
        "customers_more": "{shown} of {all}; all of them: --format csv --section customers",
        "customers_none": "No breach.",
        "satisfaction": "Satisfaction",
        "satisfaction_none": "Nobody gave a score.",
        "retractions": "Breaches taken back",
        "retractions_none": "None.",
        "retractions_file": (
            "A file holds no announcements, so none can have been taken back: see the log (leave EVENTS out)."
        ),
        "sources": "Sources",
        "policy": "policy {id} version {version}, sha256 {sha256}",
        "input": "input {name}, sha256 {sha256}",
        "input_topic": "input {name}",
        "facts_hash": "facts (in whatever order), sha256 {sha256}",
        "forgotten": (
            "Finished tickets are forgotten after SLA_RETENTION; what was due longer ago may be missing."
        ),
        "complete": "Every breach that was due before {until} is announced: this range is complete.",
        "incomplete": "Every breach that was due before {until} is announced: this range is not complete.",
        "completeness_unknown": "sla.breaches does not say yet until when its breaches are complete.",
        "how_counted": (
            "Attainment = met ÷ (met + breached), rounded down. Cancelled, not applicable and open "
            "verdicts do not count. Every level counts for itself: a clock that passed two levels has "
            "two breaches."
        ),
        "unknown": "not known (paused)",
        "period": "period",
        "tenant": "tenant",
        "customer_id": "customer",
        "ticket_id": "ticket",
        "cycle": "cycle",
        "clock": "clock",
        "level": "level",
        "met": "met",
        "breached": "breached",
        "at_risk": "at risk",
        "cancelled": "cancelled",
        "not_applicable": "not applicable",
        "running": "running",
        "paused": "paused",
        "attainment": "attainment",
        "answers": "answers",
        "mean": "mean",
        "score": "score {score}",
        "detected_at": "taken back at",
        "due_at": "due",
        "reason": "reason",
        "cause_event_id": "because of event",
        "undone": "breached again",
        "yes": "yes",
        "no": "no",
        "attainment_chart": "Attainment: {clock}",
        "attainment_axis": "Promises kept in time, % of those decided; the axis begins at {low} %",
        "attainment_described": "{level}: from {lowest} to {highest} over {count} periods",
        "hours_chart": "Breaches by weekday and hour",
        "hours_axis": "Hour of the due instant; the number of breaches stands in each field",
        "hours_described": "{count} breaches; most, {most}, on {weekday} from {hour}:00",
        "weekdays": "Mon Tue Wed Thu Fri Sat Sun",
        "weekday": "weekday",
        "sum": "sum",
        "lengths_chart": "How long it took: {clock}",
        "lengths_under": "policy {policy} version {version}, calendar {calendar}",
        "lengths_axis": "Clocks by counted time from start to stop; the steps are not equally long",
        "lengths_described": (
            "{stopped} stopped; half within {median}, nine of ten within {p90}, the longest {longest}"
        ),
        "lengths_in_days": "Its limits are in working days, so no line stands for them",
        "within": "within the promise",
        "exceeds": "beyond {level}",
        "limit": "limit {level}: {length}",
        "at_most": "≤ {length}",
        "more_than": "> {length}",
        "time_taken": "time taken",
        "count": "clocks",
        "verdict": "verdict",
        "as_table": "as a table",
        "stop": ". ",
        "hour": "h",
        "minute": "min",
        "second": "s",
    },
    "zh": {
        "title": "服务承诺报告",
        "range": "到期范围：{from_} 至 {to}，按{by}统计",
        "the_beginning": "最早",
        "the_end": "最晚",
        "by_day": "日",
        "by_week": "周（ISO 8601）",
        "by_month": "月",
        "zones": "日期与小时按 {zones} 计",
        "of_tenant": "仅租户 {tenant}",
        "judged_at": "判定时刻：{at}",
        "judged_after_all": "在最后一个期限之后判定：文件结束时仍未了结的，视为始终未了结",
        "counted": (
            "读取工单 {tickets} 件；从未受理 {not_received} 件；"
            "无适用承诺的轮次 {without_policy} 个，豁免 {exempt} 个"
        ),
        "unjudged": "没有承诺适用于任何工单：工单开始于 {since} 至 {until}，承诺有：{policies}",
        "no_policies": "无",
        "unreadable": "未判定（有 {lines} 行无法读取）：工单 {tickets} 件",
        "unreadable_judged": "判定时未计 {lines} 行无法读取的内容：工单 {tickets} 件",
        "unreadable_lines": "无法读取且不知属于哪件工单的行：{lines_without_ticket}（任何工单都可能缺少）",
        "nothing": "此范围内没有到期的承诺。",
        "totals": "整个范围",
        "figures": "分期统计",
        "customers": "违约最多的客户",
        "customers_more": "共 {all} 个，列出 {shown} 个；全部见 --format csv --section customers",
        "customers_none": "没有违约。",
        "satisfaction": "满意度",
        "satisfaction_none": "没有人评分。",
        "retractions": "已撤回的违约",
        "retractions_none": "无。",
        "retractions_file": "文件中没有通告，因此无从撤回：请从日志生成报告（不带 EVENTS）。",
        "sources": "依据",
        "policy": "承诺 {id} 第 {version} 版，sha256 {sha256}",
        "input": "输入 {name}，sha256 {sha256}",
        "input_topic": "输入 {name}",
        "facts_hash": "事实（与顺序无关），sha256 {sha256}",
        "forgotten": "已了结的工单超过 SLA_RETENTION 即被遗忘；更早到期的可能缺失。",
        "complete": "{until} 之前到期的违约均已公布：本期间完整。",
        "incomplete": "{until} 之前到期的违约均已公布：本期间尚不完整。",
        "completeness_unknown": "sla.breaches 尚未说明其违约完整到何时。",
        "how_counted": (
            "达标率 = 履约 ÷（履约 + 违约），向下取整。已取消、不适用和未了结的不计。各级别分别计数："
            "一个计时超过两个级别即为两次违约。"
        ),
        "unknown": "未知（暂停）",
        "period": "时期",
        "tenant": "租户",
        "customer_id": "客户",
        "ticket_id": "工单",
        "cycle": "轮次",
        "clock": "计时",
        "level": "级别",
        "met": "履约",
        "breached": "违约",
        "at_risk": "预警",
        "cancelled": "已取消",
        "not_applicable": "不适用",
        "running": "计时中",
        "paused": "暂停中",
        "attainment": "达标率",
        "answers": "评分数",
        "mean": "平均",
        "score": "{score} 分",
        "detected_at": "撤回时刻",
        "due_at": "到期",
        "reason": "原因",
        "cause_event_id": "所据事件",
        "undone": "再次违约",
        "yes": "是",
        "no": "否",
        "attainment_chart": "达标率：{clock}",
        "attainment_axis": "已定承诺中按时履约的百分比；纵轴自 {low} % 起",
        "attainment_described": "{level}：{count} 个时期，{lowest} 至 {highest}",
        "hours_chart": "违约的星期与钟点",
        "hours_axis": "到期时刻所在的小时；格中为违约次数",
        "hours_described": "违约 {count} 次；最多在{weekday} {hour}:00 起的一小时，{most} 次",
        "weekdays": "周一 周二 周三 周四 周五 周六 周日",
        "weekday": "星期",
        "sum": "合计",
        "lengths_chart": "用时：{clock}",
        "lengths_under": "承诺 {policy} 第 {version} 版，日历 {calendar}",
        "lengths_axis": "按计入的用时（自开始至停止）统计的计时数；各档长短不一",
        "lengths_described": "已停止 {stopped} 个；半数不超过 {median}，九成不超过 {p90}，最长 {longest}",
        "lengths_in_days": "其期限以工作日计，故无界线",
        "within": "在承诺之内",
        "exceeds": "超过 {level}",
        "limit": "期限 {level}：{length}",
        "at_most": "≤ {length}",
        "more_than": "> {length}",
        "time_taken": "用时",
        "count": "计时数",
        "verdict": "判定",
        "as_table": "以表格显示",
        "stop": "。",
        "hour": "小时",
        "minute": "分钟",
        "second": "秒",
    },
}


def length_text(seconds: float | None, words: Mapping[str, str]) -> str:
    """`1 h 30 min`, `45 s`, `0.25 s`: counted time, so hours are the largest unit."""
    if seconds is None:
        return "–"
    whole, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(whole), 60)
    parts = [(hours, "hour"), (minutes, "minute"), (rest, "second")]
    return (
        " ".join(
            f"{number:g} {words[unit]}" if unit == "second" else f"{number} {words[unit]}"
            for number, unit in parts
            if number
        )
        or f"0 {words['second']}"
    )


def roughly(seconds: float | None, words: Mapping[str, str]) -> str:
    """As `length_text`, without seconds beyond an hour and milliseconds beyond a minute."""
    finest = 0.001 if seconds is None or seconds < 60 else 1 if seconds < 3600 else 60
    return length_text(seconds if seconds is None or finest < 1 else seconds // finest * finest, words)


def percent_text(ratio: float | None) -> str:
    """`97.3 %`, rounded down: 100.0 % means all. An en dash where nothing was decided."""
    return "–" if ratio is None else f"{int(ratio * 1000 + 1e-9) / 10:.1f} %"
