"use strict";
(() => {
    const svgSpace = "http://www.w3.org/2000/svg";
    const words = {
        en: { problems: n => n === 0 ? "No problem found" : n === 1 ? "1 problem" : `${n} problems`, so: "From this comes: ", because: "This comes from: ", causes: "Possible causes", ruledOut: "Ruled out", steps: "What to do", wrong: "Wrong if", filter: "Filters", copy: "Copy", copied: "Copied", also: "Also seen, but no known pattern", quiet: "Quiet: ", absent: "Not in the capture: ", unjudged: "Not judged: ", frame: "frame", later: "later", bytes: n => n === 1 ? "1 byte" : `${n} bytes`, more: n => `${n} more findings are not shown`, client: "client", server: "server", packets: (n, m) => `${n} of ${m} packets`, at: "captured at the ", between: "captured on the way", others: n => n === 1 ? "1 more of the same" : `${n} more of the same`, pattern: { possible: "the pattern is possible", likely: "the pattern is likely", confirmed: "the pattern is confirmed" }, severity: { chat: "chat", note: "note", warning: "warning", error: "error" }, family: { connect: "connecting", idle: "idle timeouts", dns: "DNS", tls: "TLS", http: "HTTP", path: "loss, MTU and bandwidth", policy: "blocking", flood: "floods and scans", tunnel: "tunnels", nat: "address translation", app: "applications", mirror: "mirror sessions", balance: "load balancing" }, comma: ", ", bad: "This file is no report of netcase." },
        zh_CN: { problems: n => n === 0 ? "未发现问题" : `${n} 个问题`, so: "由此导致：", because: "起因：", causes: "可能原因", ruledOut: "已排除", steps: "排查步骤", wrong: "反证", filter: "过滤条件", copy: "复制", copied: "已复制", also: "另外看到（不构成已知故障模式）", quiet: "未见异常：", absent: "抓包中没有：", unjudged: "未判断：", frame: "报文", later: "后", bytes: n => `${n} 字节`, more: n => `另有 ${n} 个诊断结果未列出`, client: "客户端", server: "服务端", packets: (n, m) => `分析了 ${n} 个报文（共 ${m} 个）`, at: "抓包点：", between: "在路径中间抓取", others: n => `另有 ${n} 个同类结果`, pattern: { possible: "故障模式可能", likely: "故障模式很可能", confirmed: "故障模式已证实" }, severity: { chat: "提示", note: "注意", warning: "警告", error: "错误" }, family: { connect: "建立连接", idle: "空闲超时", dns: "DNS", tls: "TLS", http: "HTTP", path: "丢包、MTU 与带宽", policy: "阻断", flood: "攻击与扫描", tunnel: "隧道", nat: "地址转换", app: "应用", mirror: "镜像会话", balance: "负载均衡" }, comma: "、", bad: "该文件不是 netcase 报告。" }
    };
    let reports = JSON.parse(document.getElementById("data").textContent);
    let language = reports.chosen in words ? reports.chosen : "en";

    /* Text of a capture comes into the page by textContent only. */
    const element = (name, text, ...classes) => {
        const made = document.createElement(name);
        if (text !== undefined) made.textContent = text;
        made.classList.add(...classes);
        return made;
    };
    const drawn = (parent, name, attributes, text) => {
        const made = document.createElementNS(svgSpace, name);
        for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
        if (text !== undefined) made.textContent = text;
        parent.append(made);
        return made;
    };
    const list = (parent, heading, lines) => {
        if (lines.length === 0) return;
        const items = element("ul");
        items.append(...lines.map(line => element("li", line)));
        parent.append(element("h3", heading), items);
    };
    const command = text => {
        const line = element("div", undefined, "command"), button = element("button", words[language].copy), code = element("code", text);
        button.type = "button";
        button.addEventListener("click", () => {
            const range = document.createRange();
            range.selectNodeContents(code);
            getSelection().removeAllRanges();
            getSelection().addRange(range);
            if (document.execCommand("copy")) button.textContent = words[language].copied;
        });
        line.append(code, button);
        return line;
    };

    const seconds = time => Date.parse(time.slice(0, 23).replace(/Z?$/, "Z")) / 1000 + Number(`0.000${(time.slice(23).match(/^\d+/) || ["0"])[0]}`);
    const gapText = gap => gap < 0.01 ? `${(gap * 1000).toFixed(2)} ms` : gap < 600 ? `${gap.toFixed(2)} s` : `${(gap / 60).toFixed(1)} min`;
    const endpoint = end => end.port === undefined ? end.ip : end.ip.includes(":") ? `[${end.ip}]:${end.port}` : `${end.ip}:${end.port}`;

    const gapNoted = 1, rowHeight = 34, left = 190, right = 690;
    const arrow = (svg, y, packet) => {
        const fromLeft = packet.from === "client", start = fromLeft ? left : right, end = fromLeft ? right : left, back = fromLeft ? -8 : 8;
        const mark = packet.trigger ? "trigger" : "sent";
        drawn(svg, "line", { x1: start, y1: y, x2: end, y2: y, class: mark });
        drawn(svg, "polygon", { points: `${end},${y} ${end + back},${y - 4} ${end + back},${y + 4}`, class: mark });
        drawn(svg, "text", { x: (left + right) / 2, y: y - 5, "text-anchor": "middle" }, packet.kind + (packet.length > 0 ? `  ${words[language].bytes(packet.length)}` : ""));
        drawn(svg, "text", { x: 5, y: y + 4, class: "soft" }, `${packet.time.slice(11, 23)}  ${packet.frame}`);
    };
    /* A pause is a break, with its length. */
    const pause = (svg, y, gap) => {
        for (const x of [left, right]) drawn(svg, "path", { d: `M${x} ${y - 6} l-5 3 l10 4 l-5 3`, class: "gap" });
        drawn(svg, "text", { x: (left + right) / 2, y: y + 4, "text-anchor": "middle", class: "soft" }, gapText(gap));
    };
    const ladder = packets => {
        const owner = (packets.find(packet => packet.trigger && packet.client) || packets.find(packet => packet.client) || {});
        const svg = document.createElementNS(svgSpace, "svg");
        const mine = packets.filter(packet => packet.flow === owner.flow || packet.flow === undefined);
        let y = 55, before;
        const life = [left, right].map(x => drawn(svg, "line", { x1: x, y1: 30, x2: x, class: "life" }));
        drawn(svg, "text", { x: left, y: 20, "text-anchor": "middle" }, owner.client ? endpoint(owner.client) : words[language].client);
        drawn(svg, "text", { x: right, y: 20, "text-anchor": "middle" }, owner.server ? endpoint(owner.server) : words[language].server);
        for (const packet of mine) {
            const now = seconds(packet.time);
            if (before !== undefined && now - before >= gapNoted) { pause(svg, y - 8, now - before); y += rowHeight - 6; }
            arrow(svg, y, packet);
            y += rowHeight;
            before = now;
        }
        for (const line of life) line.setAttribute("y2", y - 10);
        svg.setAttribute("viewBox", `0 0 880 ${y}`);
        svg.setAttribute("role", "img");
        svg.setAttribute("aria-label", mine.map(packet => `${packet.frame} ${packet.from} ${packet.kind}`).join(", "));
        return svg;
    };

    const timeLine = report => {
        const svg = document.createElementNS(svgSpace, "svg"), start = seconds(report.capture.first_time), length = Math.max(report.capture.duration, 1e-6);
        svg.setAttribute("viewBox", "0 0 880 48");
        drawn(svg, "line", { x1: 10, y1: 20, x2: 870, y2: 20 });
        for (const finding of report.findings.slice(0, 500)) {
            const x = 10 + 860 * Math.min(Math.max((seconds(finding.time) - start) / length, 0), 1);
            const dot = drawn(svg, "circle", { cx: x, cy: 20, r: 6, class: finding.severity });
            drawn(dot, "title", {}, `${words[language].frame} ${finding.frame}: ${finding.sentence}`);
        }
        drawn(svg, "text", { x: 10, y: 44, class: "soft" }, report.capture.first_time.slice(11, 23));
        drawn(svg, "text", { x: 870, y: 44, "text-anchor": "end", class: "soft" }, report.capture.last_time.slice(11, 23));
        return svg;
    };

    const sentences = report => new Map(report.findings.map(one => [`${one.case} ${one.frame}`, one.sentence]));
    const problem = (sentence, group, number) => {
        const use = words[language], first = group[0], box = element("section", undefined, "problem", first.severity);
        const sentenceOf = other => sentence.get(`${other.case} ${other.frame}`) || other.case;
        box.append(element("h2", `${number} ${first.sentence}`),
            element("p", `${first.case}: ${use.severity[first.severity]}, ${use.pattern[first.confidence]}; ${use.frame} ${first.frame}`, "soft"), element("p", first.summary));
        if (first.packets.length > 0) box.append(ladder(first.packets.slice(0, 40)));
        for (const other of first.caused_by) box.append(element("p", `${use.because}${sentenceOf(other)} (${use.frame} ${other.frame})`));
        for (const other of first.explains) box.append(element("p", `${use.so}${sentenceOf(other)} (${use.frame} ${other.frame})`));
        list(box, use.causes, first.causes);
        list(box, use.ruledOut, first.ruled_out.map(one => one.text));
        if (first.steps.length > 0) box.append(element("h3", use.steps));
        const steps = element("ol");
        for (const step of first.steps) {
            const item = element("li", step.text);
            if (step.command) item.append(command(step.command));
            steps.append(item);
        }
        box.append(steps);
        list(box, use.wrong, first.disproof);
        box.append(element("h3", use.filter), command(first.flow ? `netcase.flow == ${first.flow}` : `frame.number == ${first.frame}`));
        if (first.filter) box.append(command(first.filter));
        if (group.length > 1) box.append(element("p", `${use.others(group.length - 1)}: ${group.slice(1, 13).map(one => `${use.frame} ${one.frame}`).join(", ")}`, "soft"));
        return box;
    };

    const show = () => {
        const report = reports[language] || Object.values(reports).find(one => one && one.version === 1), use = words[language], main = document.getElementById("report"), groups = new Map();
        document.documentElement.lang = language === "en" ? "en" : "zh-CN";
        document.getElementById("language").textContent = language === "en" ? "中文" : "English";
        document.getElementById("name").textContent = `netcase ${report.provenance.netcase}  ${report.provenance.file || ""}`;
        for (const finding of report.findings) {
            if (!groups.has(finding.group)) groups.set(finding.group, []);
            groups.get(finding.group).push(finding);
        }
        const capture = report.capture, place = { client: use.at + use.client, server: use.at + use.server, between: use.between }[capture.capture_point];
        main.replaceChildren(
            element("p", [use.packets(capture.packets, capture.frames), `${capture.first_time} – ${capture.last_time}`, place && place + (capture.captured_at ? ` ${capture.captured_at}` : ""), ...report.provenance.options].filter(Boolean).join("; "), "soft"),
            element("h2", use.problems(groups.size)));
        const summary = element("ol");
        summary.append(...[...groups.values()].slice(0, 20).map(group => element("li", group[0].sentence)));
        if (groups.size > 0) main.append(summary, timeLine(report));
        const sentence = sentences(report);
        let number = 0;
        for (const group of groups.values()) main.append(problem(sentence, group, ++number));
        const rest = (report.not_shown || []).reduce((sum, one) => sum + one.findings, 0);
        if (rest > 0) main.append(element("p", use.more(rest)));
        list(main, use.also, report.also_seen.map(one => one.text));
        for (const [label, families] of [[use.quiet, report.scope.quiet], [use.absent, report.scope.not_in_capture], [use.unjudged, report.scope.not_judged]])
            if (families.length > 0) main.append(element("p", label + families.map(one => use.family[one] || one).join(use.comma), "soft"));
    };

    document.getElementById("language").addEventListener("click", () => { language = language === "en" ? "zh_CN" : "en"; show(); });
    addEventListener("dragover", event => { event.preventDefault(); document.body.classList.add("drop"); });
    addEventListener("dragleave", () => document.body.classList.remove("drop"));
    addEventListener("drop", async event => {
        event.preventDefault();
        document.body.classList.remove("drop");
        const before = [reports, language];
        try {
            const report = JSON.parse(await event.dataTransfer.files[0].text());
            reports = { [report.provenance.language]: report };
            language = report.provenance.language;
            show();
        } catch {
            [reports, language] = before;
            document.getElementById("report").prepend(element("p", words[language].bad));
        }
    });
    show();
})();
