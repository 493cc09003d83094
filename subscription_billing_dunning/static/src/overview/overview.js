import {Component, onWillStart, useEffect, useRef, useState} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {loadBundle} from "@web/core/assets";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {Layout} from "@web/search/layout";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";

/** How dunning stands today: figures that open their lists, and a year of rates. */
export class DunningOverview extends Component {
    static template = "subscription_billing_dunning.Overview";
    static components = {Layout};
    static props = {...standardActionServiceProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.canvas = useRef("canvas");
        this.state = useState({figures: null});
        this.display = {controlPanel: {}};
        onWillStart(async () => {
            const [figures] = await Promise.all([
                this.orm.call("dunning.overview", "get_figures", []),
                loadBundle("web.chartjs_lib"),
            ]);
            this.state.figures = figures;
        });
        useEffect(
            (canvas) => {
                const chart = canvas && this.draw(canvas);
                return () => chart && chart.destroy();
            },
            () => [this.canvas.el]
        );
    }

    get rates() {
        return this.state.figures.rates;
    }

    get hasRates() {
        return this.rates.some((each) => each.rate !== null);
    }

    open(action) {
        return this.action.doAction(action);
    }

    describe(each) {
        return each.rate === null
            ? _t("%s: nothing was decided", each.label)
            : _t("%(month)s: %(rate)s %", {month: each.label, rate: each.rate});
    }

    draw(canvas) {
        const rates = this.rates.map((each) => ({...each}));
        return new Chart(canvas, {
            type: "bar",
            data: {
                labels: rates.map((each) => each.label),
                datasets: [
                    {
                        data: rates.map((each) => each.rate),
                        backgroundColor: "#017e84",
                        borderRadius: 3,
                    },
                ],
            },
            options: {
                animation: false,
                maintainAspectRatio: false,
                onClick: (_event, bars) =>
                    bars.length && this.open(rates[bars[0].index].action),
                plugins: {
                    legend: {display: false},
                    tooltip: {callbacks: {label: (bar) => `${bar.parsed.y} %`}},
                },
                scales: {
                    y: {
                        min: 0,
                        max: 100,
                        ticks: {stepSize: 50, callback: (value) => `${value} %`},
                    },
                    x: {grid: {display: false}},
                },
            },
        });
    }
}

registry.category("actions").add("dunning_overview", DunningOverview);
