-- forget what has kept the original from its payment providers
UPDATE payment_provider
   SET charging_problem = NULL,
       date_charging_retry = NULL
 WHERE date_charging_retry IS NOT NULL
    OR charging_problem IS NOT NULL;
