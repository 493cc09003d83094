/**
 * A small stand-in for Stripe.js: enough to type a test card, to save it, to pay, and to
 * authenticate or not. It talks to the stand-in that served it, as the real one to Stripe:
 * with the publishable key and the intent's client secret.
 */
(function () {
    const base = new URL(document.currentScript.src).origin;
    const flatten = (value, name, into) => {
        if (value === undefined || value === null) {
            return into;
        }
        if (typeof value === "object") {
            for (const [key, inner] of Object.entries(value)) {
                flatten(inner, name ? `${name}[${key}]` : key, into);
            }
        } else {
            into.append(name, value);
        }
        return into;
    };

    /** Ask on the page whether the bank shall agree, as a bank's own window does. */
    function askCustomer(question) {
        const dialog = document.createElement("div");
        dialog.className = "stand-in-authentication";
        dialog.style.cssText =
            "position:fixed;inset:0;z-index:100000;background:rgba(0,0,0,.5);" +
            "display:flex;align-items:center;justify-content:center";
        dialog.innerHTML =
            '<div style="background:#fff;color:#000;padding:2em;border-radius:.5em">' +
            '<h3>Test bank</h3><p></p><button type="button" name="authorize">Authorize' +
            '</button> <button type="button" name="fail">Fail</button></div>';
        dialog.querySelector("p").textContent = question;
        document.body.append(dialog);
        return new Promise((resolve) => {
            for (const name of ["authorize", "fail"]) {
                dialog.querySelector(`[name=${name}]`).onclick = () => {
                    dialog.remove();
                    resolve(name === "authorize");
                };
            }
        });
    }

    /** A plain input that takes the number of a test card. */
    class Element {
        constructor(type, elements) {
            this.type = type;
            this.elements = elements;
            this.handlers = {};
        }

        mount(target) {
            const parent =
                typeof target === "string" ? document.querySelector(target) : target;
            this.node = document.createElement("div");
            this.node.className = "stand-in-element StripeElement";
            const names = {cardNumber: "1234 1234 1234 1234", exp: "12/34", cvc: "123"};
            for (const [name, placeholder] of Object.entries(names)) {
                const input = document.createElement("input");
                input.name = `stand_in_${name}`;
                input.placeholder = placeholder;
                input.autocomplete = "off";
                input.addEventListener("input", () => this.tell());
                this.node.append(input);
            }
            parent.replaceChildren(this.node);
            setTimeout(() => this.emit("ready", {elementType: this.type}));
        }

        value(name) {
            return this.node.querySelector(`[name=stand_in_${name}]`).value.trim();
        }

        card() {
            const [month, year] = (this.value("exp") || "12/34").split("/");
            const number = this.value("cardNumber") || "4242424242424242";
            return {
                number: number.replace(/ /g, ""),
                exp_month: month,
                exp_year: year,
                cvc: this.value("cvc") || "123",
            };
        }

        tell() {
            const number = this.value("cardNumber").replace(/ /g, "");
            const complete = number.length >= 13;
            this.emit("change", {complete, empty: !number, value: {type: "card"}});
        }

        emit(name, event) {
            (this.handlers[name] || []).forEach((handler) => handler(event));
        }

        on(name, handler) {
            (this.handlers[name] ||= []).push(handler);
            return this;
        }

        unmount() {
            this.node?.remove();
        }

        destroy() {
            this.unmount();
        }

        update() {}

        focus() {
            this.node?.querySelector("input").focus();
        }
    }

    class Elements {
        constructor(options) {
            this.options = options || {};
            this.made = {};
        }

        create(type) {
            return (this.made[type] = new Element(type, this));
        }

        getElement(type) {
            return this.made[type] || null;
        }

        async submit() {
            return {};
        }

        update(options) {
            Object.assign(this.options, options);
        }

        card() {
            return Object.values(this.made)[0].card();
        }
    }

    /** Return what to send for a method: an id, an element, or details. */
    function methodOf(given) {
        if (!given || typeof given === "string") {
            return {payment_method: given};
        }
        const {card, billing_details, ...more} = given;
        const details = card instanceof Element ? card.card() : card;
        return {
            payment_method_data: {
                type: "card",
                card: details,
                billing_details,
                ...more,
            },
        };
    }

    class StripeStandIn {
        constructor(key) {
            this.key = key;
        }

        elements(options) {
            return new Elements(options);
        }

        async request(method, path, params) {
            const body = flatten(params || {}, "", new URLSearchParams());
            const query = method === "GET" ? `?${body}` : "";
            const response = await fetch(`${base}${path}${query}`, {
                method,
                headers: {Authorization: `Bearer ${this.key}`},
                body: method === "GET" ? undefined : body,
            });
            return response.json();
        }

        /** Return the answer under the name that callers expect of it. */
        told(answer) {
            if (answer.error) {
                return {error: answer.error};
            }
            const names = {
                payment_intent: "paymentIntent",
                setup_intent: "setupIntent",
                payment_method: "paymentMethod",
                token: "token",
            };
            return {[names[answer.object]]: answer};
        }

        address(secret) {
            const identifier = secret.split("_secret_")[0];
            const kind = identifier.startsWith("seti") ? "setup" : "payment";
            return `/v1/${kind}_intents/${identifier}`;
        }

        retrieve(secret) {
            return this.request("GET", this.address(secret), {client_secret: secret});
        }

        async retrievePaymentIntent(secret) {
            return this.told(await this.retrieve(secret));
        }

        async retrieveSetupIntent(secret) {
            return this.told(await this.retrieve(secret));
        }

        /** Let the customer authenticate, if that is what the intent waits for. */
        async authenticate(intent) {
            if (intent.error || intent.status !== "requires_action") {
                return this.told(intent);
            }
            const amount = intent.amount ? ` ${intent.amount} ${intent.currency}` : "";
            const agrees = await askCustomer(`Do you authorize${amount}?`);
            const secret = intent.client_secret;
            const answer = await this.request(
                "POST",
                `${this.address(secret)}/authenticate`,
                {client_secret: secret, success: agrees}
            );
            const error = answer.last_payment_error || answer.last_setup_error;
            return error
                ? {error: {...error, [answer.object]: answer}}
                : this.told(answer);
        }

        async confirm(secret, data, options) {
            const current = await this.retrieve(secret);
            if (current.status === "requires_action" && !data?.payment_method) {
                return this.authenticate(current);
            }
            const {payment_method, return_url, setup_future_usage} = data || {};
            const intent = await this.request(
                "POST",
                `${this.address(secret)}/confirm`,
                {
                    client_secret: secret,
                    return_url,
                    setup_future_usage,
                    ...methodOf(payment_method),
                }
            );
            return options?.handleActions === false
                ? this.told(intent)
                : this.authenticate(intent);
        }

        confirmCardPayment(secret, data, options) {
            return this.confirm(secret, data, options);
        }

        confirmCardSetup(secret, data, options) {
            return this.confirm(secret, data, options);
        }

        async confirmWithElements({elements, clientSecret, confirmParams, redirect}) {
            const secret = clientSecret || elements?.options.clientSecret;
            const {return_url, payment_method, payment_method_data} =
                confirmParams || {};
            const typed = elements && {card: elements.card(), ...payment_method_data};
            const result = await this.confirm(secret, {
                payment_method: payment_method || typed,
            });
            const intent = result.paymentIntent || result.setupIntent;
            if (intent && return_url && redirect !== "if_required") {
                const url = new URL(return_url, location.href);
                url.searchParams.set(intent.object, intent.id);
                url.searchParams.set(`${intent.object}_client_secret`, secret);
                url.searchParams.set("redirect_status", intent.status);
                location.assign(url);
                return new Promise(() => {});
            }
            return result;
        }

        confirmPayment(options) {
            return this.confirmWithElements(options);
        }

        confirmSetup(options) {
            return this.confirmWithElements(options);
        }

        async handleNextAction({clientSecret}) {
            return this.authenticate(await this.retrieve(clientSecret));
        }

        handleCardAction(clientSecret) {
            return this.handleNextAction({clientSecret});
        }

        async createPaymentMethod({type, card, elements, billing_details}) {
            const details = card instanceof Element ? card.card() : card;
            return this.told(
                await this.request("POST", "/v1/payment_methods", {
                    type: type || "card",
                    card: elements ? elements.card() : details,
                    billing_details,
                })
            );
        }
    }

    window.Stripe = (key, options) => new StripeStandIn(key, options);
    window.Stripe.version = 3;
})();
