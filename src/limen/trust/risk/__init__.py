"""Risk: how likely it is that somebody with the right proof is not who they claim to be, and why.

::

    Sighting ─┐
    History ──┼─> assess ─> Assessment (score, probability, reasons, model)
    Population┘

Owns the statistical model, which is pure: what one sign-in shows (:class:`Sighting`), what its customer showed before
(:class:`History`, sealed under the customer's own key), what all customers of the tenant and what those who were turned
away showed (:class:`Population`, counters), and one file for each signal. Leaves sealing and counting to ``storage``,
geography and reputation to protocols that adapters implement, and what a requirement means for the next page to
``access.journeys``: risk says how likely, never where somebody is sent.

The base is Freeman et al. (NDSS 2016) in the form that Wiefling et al. (ACM TOPS 2022, doi 10.1145/3546069) evaluated.
"""
