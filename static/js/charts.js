/* Charts that only illustrate a table beside them. */
(() => {
  "use strict";

  const ink = "#1c2a3d";
  const soft = "#55657a";
  const blue = "#1d4f91";
  const red = "#b3312b";
  const reduced = window.matchMedia("(prefers-reduced-motion: reduce)").matches;

  /* One column per bid: every expert's total as a dot, the aggregated score as a bar's mark. */
  function spread(node) {
    const data = JSON.parse(document.getElementById("spread-data").textContent);
    const chart = window.echarts.init(node, null, { renderer: "svg" });
    const english = document.documentElement.lang === "en";
    const values = data.points.map((point) => point[1]);
    chart.setOption({
      animation: !reduced,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: ink },
      grid: { left: 44, right: 16, top: 36, bottom: 48 },
      legend: { top: 0, right: 0, textStyle: { color: soft } },
      tooltip: { trigger: "item", formatter: (item) => `${data.bids[item.value[0]]}<br>${item.value[1]}` },
      xAxis: {
        type: "category",
        // Titles of one challenge begin alike: cut to a column's width they would tell nothing.
        data: data.bids.map((_, n) => String(n + 1)),
        name: english ? "Row of the table above" : "上表行次",
        nameLocation: "middle",
        nameGap: 28,
        nameTextStyle: { color: soft },
        axisLabel: { interval: 0, color: soft },
        axisTick: { show: false },
      },
      yAxis: { type: "value", min: Math.max(0, Math.floor(Math.min(...values) / 10) * 10 - 5), max: 100, splitLine: { lineStyle: { color: "#e2e8f0" } } },
      series: [
        {
          name: english ? "Experts' totals" : "专家总分",
          type: "scatter",
          symbolSize: 11,
          itemStyle: { color: blue, opacity: 0.6 },
          data: data.points,
        },
        {
          name: english ? "Aggregated" : "综合得分",
          type: "scatter",
          symbol: "rect",
          symbolSize: [34, 4],
          itemStyle: { color: red },
          data: data.scores.flatMap((score, n) => (score === null ? [] : [[n, score]])),
        },
      ],
    });
    window.addEventListener("resize", () => chart.resize());
  }

  /* Few round steps up to a top that the budget's line needs, too. */
  function ticks(top) {
    const power = 10 ** Math.floor(Math.log10(top / 5 || 1));
    const interval = [1, 2, 2.5, 5, 10].map((n) => n * power).find((step) => top / step <= 6);
    return { interval, max: Math.ceil(top / interval) * interval };
  }

  /* One bar per award with its own money, their sum as a line, the budget as the line that cuts. */
  function cut(node) {
    const data = JSON.parse(document.getElementById("cut-data").textContent);
    const chart = window.echarts.init(node, null, { renderer: "svg" });
    const english = document.documentElement.lang === "en";
    const budget = data.budget === null ? [] : [{ yAxis: data.budget, name: english ? "Budget" : "经费盘子" }];
    const top = Math.max(data.budget || 0, ...data.running);
    chart.setOption({
      animation: !reduced,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: ink },
      grid: { left: 64, right: 24, top: 40, bottom: 32 },
      legend: { top: 0, right: 0, textStyle: { color: soft } },
      tooltip: { trigger: "axis", formatter: (items) => [data.titles[items[0].dataIndex], ...items.map((item) => `${item.seriesName} ${item.value.toFixed(2)}`)].join("<br>") },
      xAxis: { type: "category", data: data.titles.map((_, n) => String(n + 1)), axisTick: { show: false }, axisLabel: { color: soft } },
      yAxis: { type: "value", name: english ? "10,000 yuan" : "万元", ...ticks(top * 1.1), nameTextStyle: { color: soft }, splitLine: { lineStyle: { color: "#e2e8f0" } } },
      series: [
        {
          name: english ? "Proposed" : "拟支持",
          type: "bar",
          barMaxWidth: 44,
          data: data.money.map((value, n) => ({ value, itemStyle: { color: data.fits[n] ? blue : "#d9a19d" } })),
          itemStyle: { color: blue },
        },
        {
          name: english ? "Running sum" : "累计",
          type: "line",
          symbolSize: 7,
          lineStyle: { color: soft },
          itemStyle: { color: soft },
          data: data.running,
          markLine: {
            silent: true,
            symbol: "none",
            lineStyle: { color: red, width: 2, type: "solid" },
            label: { formatter: (line) => `${line.name} ${line.value.toFixed(2)}`, position: "insideEndTop", color: red },
            data: budget,
          },
        },
      ],
    });
    window.addEventListener("resize", () => chart.resize());
  }

  for (const node of document.querySelectorAll("[data-chart=spread]")) spread(node);
  for (const node of document.querySelectorAll("[data-chart=cut]")) cut(node);
})();
