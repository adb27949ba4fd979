/* Charts that only illustrate a table beside them. */
(() => {
  "use strict";

  const ink = "#1c2a3d";
  const soft = "#55657a";
  const blue = "#1d4f91";
  const red = "#b3312b";
  const reduced = window.matchMedia("(prefers-reduced-motion: reduce)").matches;

  function shortened(title) {
    return title.length > 14 ? `${title.slice(0, 13)}…` : title;
  }

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
        data: data.bids.map(shortened),
        axisLabel: { interval: 0, color: soft, width: 120, overflow: "truncate" },
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

  for (const node of document.querySelectorAll("[data-chart=spread]")) spread(node);
})();
