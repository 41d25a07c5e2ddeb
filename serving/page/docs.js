// The API's documentation: a viewer of its schema, served from here.

window.SwaggerUIBundle({ url: "openapi.json", dom_id: "#docs", deepLinking: true, validatorUrl: null });
