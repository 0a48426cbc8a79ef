"use strict";
(() => {
    const svgSpace = "http://www.w3.org/2000/svg";
    const words = {
        en: { problems: (n, more) => (n === 0 ? "No problem found" : n === 1 ? "1 problem" : `${n} problems`) + (more === 0 ? "" : more === 1 ? ", 1 consequence" : `, ${more} consequences`), consequence: "So: ", kind: one => `${one.case}: ${words.en.severity[one.severity]}, ${words.en.pattern[one.confidence]}; frame ${one.frame}`, at_frame: frame => ` (frame ${frame})`, unanswered: "no answer", units: ["ms", "s", "min"], pause: "pause of", device: "a device on the way", flows: n => n === 1 ? "The packets of 1 more connection are not drawn." : `The packets of ${n} more connections are not drawn.`, withdrawn: "Withdrawn", refuted: one => `${one.case}: looked so at frame ${one.frame}, refuted by frame ${one.by_frame}`, semicolon: "; ", so: "From this comes: ", because: "This comes from: ", causes: "Possible causes", ruledOut: "Ruled out", steps: "What to do", wrong: "Wrong if", filter: "Filters", copy: "Copy", copied: "Copied", also: "Also seen, but no known pattern", quiet: "Quiet: ", absent: "Not in the capture: ", unjudged: "Not judged: ", frame: "frame", later: "later", bytes: n => n === 1 ? "1 byte" : `${n} bytes`, more: n => `${n} more findings are not shown`, client: "client", server: "server", packets: (n, m) => `${n} of ${m} packets`, at: "captured at the ", between: "captured on the way", others: n => n === 1 ? "1 more of the same: " : `${n} more of the same: `, pattern: { possible: "the pattern is possible", likely: "the pattern is likely", confirmed: "the pattern is confirmed" }, severity: { chat: "chat", note: "note", warning: "warning", error: "error" }, family: { connect: "connecting", idle: "idle timeouts", dns: "DNS", tls: "TLS", http: "HTTP", path: "loss, MTU and bandwidth", policy: "blocking", flood: "floods and scans", tunnel: "tunnels", nat: "address translation", app: "applications", mirror: "mirror sessions", balance: "load balancing" }, comma: ", ", bad: "This file is no report of netcase." },
        zh_CN: { problems: (n, more) => (n === 0 ? "未发现问题" : `${n} 个问题`) + (more === 0 ? "" : `，${more} 个后果`), consequence: "导致：", kind: one => `${one.case}：${words.zh_CN.severity[one.severity]}，${words.zh_CN.pattern[one.confidence]}；报文 ${one.frame}`, at_frame: frame => `（报文 ${frame}）`, unanswered: "无应答", units: ["毫秒", "秒", "分钟"], pause: "停顿", device: "途中的设备", flows: n => `另有 ${n} 个连接的报文未画出。`, withdrawn: "已撤回", refuted: one => `${one.case}：到报文 ${one.frame} 时看似如此，被报文 ${one.by_frame} 推翻`, semicolon: "；", so: "由此导致：", because: "起因：", causes: "可能原因", ruledOut: "已排除", steps: "排查步骤", wrong: "反证", filter: "过滤条件", copy: "复制", copied: "已复制", also: "另外看到（不构成已知故障模式）", quiet: "未见异常：", absent: "抓包中没有：", unjudged: "未判断：", frame: "报文", later: "后", bytes: n => `${n} 字节`, more: n => `另有 ${n} 个诊断结果未列出`, client: "客户端", server: "服务端", packets: (n, m) => `分析了 ${n} 个报文（共 ${m} 个）`, at: "抓包点：", between: "在路径中间抓取", others: n => `另有 ${n} 个同类结果：`, pattern: { possible: "故障模式可能", likely: "故障模式很可能", confirmed: "故障模式已证实" }, severity: { chat: "提示", note: "注意", warning: "警告", error: "错误" }, family: { connect: "建立连接", idle: "空闲超时", dns: "DNS", tls: "TLS", http: "HTTP", path: "丢包、MTU 与带宽", policy: "阻断", flood: "攻击与扫描", tunnel: "隧道", nat: "地址转换", app: "应用", mirror: "镜像会话", balance: "负载均衡" }, comma: "、", bad: "该文件不是 netcase 报告。" }
    };
    let reports = JSON.parse(document.getElementById("data").textContent);
    let language = reports.chosen in words ? reports.chosen : "en";

    /* Text of a capture comes into the page by textContent only. */
    const element = (name, text, ...classes) => {
        const made = document.createElement(name);
        if (text !== undefined) made.textContent = text;
        if (classes.length > 0) made.classList.add(...classes);
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
    const gapText = gap => {
        const [milliseconds, second, minute] = words[language].units;
        return gap < 0.01 ? `${(gap * 1000).toFixed(2)} ${milliseconds}` : gap < 600 ? `${gap.toFixed(2)} ${second}` : `${(gap / 60).toFixed(1)} ${minute}`;
    };
    const endpoint = end => end.port === undefined ? end.ip : end.ip.includes(":") ? `[${end.ip}]:${end.port}` : `${end.ip}:${end.port}`;

    /* On a phone a drawing as wide as that of a desk would be too small to read. */
    const narrow = () => innerWidth < 640;
    const layout = () => narrow() ? { width: 400, left: 24, right: 376, row: 52, head: 50, first: 92 } : { width: 880, left: 200, right: 700, row: 34, head: 44, first: 68 };
    const gapNoted = 1, flowsDrawn = 4, packetsDrawn = 40;

    /* From side to side, or from a device between them. What nobody answered breaks off on its way. */
    const arrow = (svg, size, y, packet, gap, withdrawn) => {
        const use = words[language], toRight = packet.from === "client", middle = (size.left + size.right) / 2;
        const end = toRight ? size.right : size.left, start = packet.device ? middle : toRight ? size.left : size.right, back = toRight ? -8 : 8;
        const mark = packet.trigger ? "trigger" : "sent", centre = (start + end) / 2;
        const label = packet.kind + (packet.length > 0 ? `  ${use.bytes(packet.length)}` : ""), when = `${packet.time.slice(11, 23)}  ${use.frame} ${packet.frame}`;
        const late = gap !== undefined && gap < gapNoted ? `+${gapText(gap)}` : "";
        if (packet.unanswered) {
            const broken = start + (end - start) * 0.7;
            drawn(svg, "line", { x1: start, y1: y, x2: broken, y2: y, class: mark });
            drawn(svg, "path", { d: `M${broken - 5} ${y - 5} l10 10 m0 -10 l-10 10`, class: mark });
            drawn(svg, "text", { x: (broken + end) / 2, y: y + 4, "text-anchor": "middle", class: "soft" }, use.unanswered);
        } else {
            drawn(svg, "line", { x1: start, y1: y, x2: end, y2: y, class: mark });
            drawn(svg, "polygon", { points: `${end},${y} ${end + back},${y - 4} ${end + back},${y + 4}`, class: mark });
        }
        drawn(svg, "text", { x: packet.unanswered ? start + (end - start) * 0.35 : centre, y: y - 5, "text-anchor": "middle" }, label);
        if (narrow()) {
            drawn(svg, "text", { x: size.left + 6, y: y - 20, class: "soft" }, `${when} ${late}`);
        } else {
            drawn(svg, "text", { x: 5, y: y + 4, class: "soft" }, when);
            drawn(svg, "text", { x: size.width - 5, y: y + 4, "text-anchor": "end", class: "soft" }, late);
        }
        if (withdrawn) drawn(svg, "text", narrow() ? { x: centre, y: y + 13, "text-anchor": "middle", class: "struck" } : { x: size.width - 5, y: y + 18, "text-anchor": "end", class: "struck" }, withdrawn.case);
    };
    const lives = (svg, columns, from, to) => { for (const x of columns) drawn(svg, "line", { x1: x, y1: from, x2: x, y2: to, class: "life" }); };
    /* A pause is a break, with its length. */
    const pause = (svg, columns, size, y, gap) => {
        for (const x of columns) drawn(svg, "path", { d: `M${x - 7} ${y - 3} l14 -6 M${x - 7} ${y + 5} l14 -6`, class: "gap" });
        drawn(svg, "text", { x: (size.left + size.right) / 2 + (columns.length > 2 ? 60 : 0), y: y + 2, "text-anchor": "middle", class: "soft" }, `${words[language].pause} ${gapText(gap)}`);
    };
    const heading = (svg, size, owner, device) => {
        const use = words[language], client = owner.client ? endpoint(owner.client) : use.client, server = owner.server ? endpoint(owner.server) : use.server;
        const isLong = narrow() || client.length > 26 || server.length > 26;
        drawn(svg, "text", isLong ? { x: 5, y: 14 } : { x: size.left, y: 20, "text-anchor": "middle" }, client);
        drawn(svg, "text", isLong ? { x: size.width - 5, y: narrow() ? 28 : 14, "text-anchor": "end" } : { x: size.right, y: 20, "text-anchor": "middle" }, server);
        if (device) drawn(svg, "text", { x: (size.left + size.right) / 2, y: narrow() ? 41 : 36, "text-anchor": "middle" }, device.ip || use.device);
    };
    const ladder = (packets, withdrawn, idle) => {
        const size = layout(), svg = document.createElementNS(svgSpace, "svg"), owner = packets.find(packet => packet.client) || {};
        const device = packets.map(packet => packet.device).find(Boolean), columns = [size.left, size.right];
        if (device) columns.push((size.left + size.right) / 2);
        heading(svg, size, owner, device);
        svg.classList.add("ladder");
        let y = size.first, from = size.head, before = idle ? seconds(packets[0].time) - idle : undefined;
        for (const packet of packets) {
            const now = seconds(packet.time), gap = before === undefined ? undefined : now - before;
            if (gap >= gapNoted) {
                const at = y - size.row / 2 + (narrow() ? -8 : 4);
                lives(svg, columns, from, at - 6);
                pause(svg, columns, size, at, gap);
                from = at + 3;
                y += 24;
            }
            arrow(svg, size, y, packet, gap, withdrawn.find(one => one.frame === packet.frame && one.case && !packet.own));
            y += size.row;
            before = now;
        }
        lives(svg, columns, from, y - size.row + 14);
        svg.setAttribute("viewBox", `0 0 ${size.width} ${y - size.row + 20}`);
        svg.setAttribute("role", "img");
        svg.setAttribute("aria-label", packets.map(packet => `${packet.frame} ${packet.device ? words[language].device : words[language][packet.from]} ${packet.kind}${packet.unanswered ? ` ${words[language].unanswered}` : ""}`).join(", "));
        return svg;
    };
    /* One for each connection; what has none of its own, an ICMP error, stands with the others. */
    const ladders = (packets, withdrawn, idle) => {
        const flows = [...new Set(packets.map(packet => packet.flow).filter(Boolean))];
        const drawings = flows.slice(0, flowsDrawn).map((flow, place) => ladder(packets.filter(packet => packet.flow === flow || (place === 0 && !packet.flow)).slice(0, packetsDrawn), withdrawn, place === 0 && idle));
        if (flows.length === 0 && packets.length > 0) drawings.push(ladder(packets.slice(0, packetsDrawn), withdrawn));
        if (flows.length > flowsDrawn) drawings.push(element("p", words[language].flows(flows.length - flowsDrawn), "soft"));
        return drawings;
    };

    const timeLine = report => {
        const size = layout(), svg = document.createElementNS(svgSpace, "svg"), start = seconds(report.capture.first_time), length = Math.max(report.capture.duration, 1e-6);
        const numbered = new Map();
        svg.setAttribute("viewBox", `0 0 ${size.width} 60`);
        drawn(svg, "line", { x1: 10, y1: 32, x2: size.width - 10, y2: 32 });
        for (const finding of report.findings.slice(0, 500)) {
            const x = 10 + (size.width - 20) * Math.min(Math.max((seconds(finding.time) - start) / length, 0), 1);
            const dot = drawn(svg, "circle", { cx: x, cy: 32, r: 6, class: finding.severity }), number = report.numbers.get(finding.group);
            drawn(dot, "title", {}, `${words[language].frame} ${finding.frame}: ${finding.sentence}`);
            if (number && !numbered.has(number) && [...numbered.values()].every(other => Math.abs(other - x) > 16)) {
                numbered.set(number, x);
                drawn(svg, "text", { x, y: 18, "text-anchor": "middle" }, number);
            }
        }
        drawn(svg, "text", { x: 10, y: 56, class: "soft" }, report.capture.first_time.slice(11, 23));
        drawn(svg, "text", { x: size.width - 10, y: 56, "text-anchor": "end", class: "soft" }, report.capture.last_time.slice(11, 23));
        return svg;
    };

    /* How long nothing was said before the first packet of the evidence, unless a pause between packets is just that. */
    const idleBefore = finding => {
        const idle = finding.facts.idle, times = finding.packets.map(packet => seconds(packet.time));
        return idle >= gapNoted && !times.some((time, place) => place > 0 && Math.abs(time - times[place - 1] - idle) < 0.1 + idle / 20) ? idle : undefined;
    };

    const sentences = report => new Map(report.findings.map(one => [`${one.case} ${one.frame}`, one.sentence]));
    const problem = (report, sentence, group) => {
        const use = words[language], first = group[0], box = element("section", undefined, "problem", first.severity), number = report.numbers.get(first.group);
        const sentenceOf = other => sentence.get(`${other.case} ${other.frame}`) || other.case;
        box.append(element("h2", `${number ? `${number} ` : use.consequence}${first.problem || first.sentence}`),
            element("p", use.kind(first), "soft"), element("p", first.summary));
        box.append(...ladders(first.packets, report.withdrawn || [], idleBefore(first)));
        for (const other of first.caused_by) box.append(element("p", `${use.because}${sentenceOf(other)}${use.at_frame(other.frame)}`));
        for (const other of first.explains) box.append(element("p", `${use.so}${sentenceOf(other)}${use.at_frame(other.frame)}`));
        list(box, use.causes, first.causes);
        list(box, use.ruledOut, first.ruled_out.map(one => one.frame ? one.text + use.at_frame(one.frame) : one.text));
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
        if (first.tcp_stream !== undefined) box.append(command(`tcp.stream == ${first.tcp_stream}`));
        if (group.length > 1) box.append(element("p", use.others(group.length - 1) + group.slice(1, 13).map(one => `${use.frame} ${one.frame}`).join(use.comma), "soft"));
        return box;
    };

    /* What one pass has said and a later frame refutes: struck out. */
    const withdrawal = one => {
        const use = words[language], box = element("section", undefined, "problem", "chat");
        box.append(element("del", one.sentence), element("p", use.refuted(one), "soft"), ...ladders((one.packets || []).map(packet => ({ ...packet, own: true })), []));
        return box;
    };

    const show = () => {
        const report = reports[language] || Object.values(reports).find(one => one && one.version === 1), use = words[language], main = document.getElementById("report"), groups = new Map();
        document.documentElement.lang = language === "en" ? "en" : "zh-CN";
        document.getElementById("language").textContent = language === "en" ? "中文" : "English";
        document.getElementById("name").textContent = `netcase ${report.provenance.netcase}  ${report.provenance.file || ""}`;
        report.numbers = new Map();
        for (const finding of report.findings) {
            if (!groups.has(finding.group)) {
                groups.set(finding.group, []);
                if (finding.cause_group === undefined) report.numbers.set(finding.group, report.numbers.size + 1);
            }
            groups.get(finding.group).push(finding);
        }
        const capture = report.capture, place = { client: use.at + use.client, server: use.at + use.server, between: use.between }[capture.capture_point];
        const title = element("h2", use.problems(report.numbers.size, groups.size - report.numbers.size));
        main.replaceChildren(
            element("p", [use.packets(capture.packets, capture.frames), `${capture.first_time} – ${capture.last_time}`, place && place + (capture.captured_at ? ` ${capture.captured_at}` : ""), ...report.provenance.options].filter(Boolean).join(use.semicolon), "soft"), title);
        const summary = element("ol"), shown = [...groups.values()];
        for (const group of shown.filter(one => report.numbers.has(one[0].group)).slice(0, 20)) {
            const item = element("li", group[0].problem || group[0].sentence);
            const effects = shown.filter(one => one[0].cause_group === group[0].group);
            if (effects.length > 0) item.append(element("p", use.so + effects.slice(0, 3).map(one => one[0].problem || one[0].sentence).join(use.semicolon), "soft"));
            summary.append(item);
        }
        if (groups.size > 0) main.append(summary, timeLine(report));
        const sentence = sentences(report);
        for (const group of shown) main.append(problem(report, sentence, group));
        const rest = (report.not_shown || []).reduce((sum, one) => sum + one.findings, 0);
        if (rest > 0) main.append(element("p", use.more(rest)));
        list(main, use.also, report.also_seen.map(one => one.text));
        if (report.withdrawn && report.withdrawn.length > 0) main.append(element("h3", use.withdrawn), ...report.withdrawn.slice(0, 10).map(withdrawal));
        for (const [label, families] of [[use.quiet, report.scope.quiet], [use.absent, report.scope.not_in_capture], [use.unjudged, report.scope.not_judged]])
            if (families.length > 0) main.append(element("p", label + families.map(one => use.family[one] || one).join(use.comma), "soft"));
    };

    /* Turned, or made wider: the drawings change, the place on the page stays. */
    let wasNarrow = narrow();
    addEventListener("resize", () => { if (narrow() !== wasNarrow) { wasNarrow = narrow(); show(); } });
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
